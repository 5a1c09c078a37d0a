#!/usr/bin/env bash
# calamine reads an xlsb workbook of SheetJS as one column: all other cells are lost, and nothing says so.
#
# Seen on 2026-11-30 with python-calamine 0.9.1, xlsx (SheetJS) 0.18.5 from npm,
# Python 3.11.7 on Linux x86-64.
#
# Behaviour: [MS-XLSB] has two forms of a cell's record: with its column, and short ones (BrtShortRk, BrtShortReal,
# BrtShortIsst …) that follow the last cell of their row. SheetJS writes the short form for all cells of a row but the
# first, Aspose does when asked; Excel and LibreOffice read both. calamine ignores the short records: each row has
# its first cell only. No error, no warning, no missing row.
#
# Output seen:
#   written by SheetJS: [['carton', 'cartons', 'kg'], ['A1', 12, 12.5]]
#   read by calamine:   [['carton'], ['A1']]
#
# Why a hub cares: a list of goods loses its counts and weights. A reader that takes a missing column for an empty
# one goes on. Until this changes, read xlsb by its records or refuse it.
#
# Downloads about 15 MB (npm and PyPI). Exits 0 while this is so, 1 when it has changed.

set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-calamine==0.9.1
npm install --silent --no-audit --no-fund --ignore-scripts xlsx@0.18.5 >/dev/null

cat >write.cjs <<'SCRIPT'
const XLSX = require("xlsx");
const book = XLSX.utils.book_new();
const rows = [["carton", "cartons", "kg"], ["A1", 12, 12.5]];
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet(rows), "list");
XLSX.writeFile(book, "list.xlsb");
SCRIPT
node write.cjs

venv/bin/python - <<'SCRIPT'
import sys

import python_calamine

written = [["carton", "cartons", "kg"], ["A1", 12, 12.5]]
book = python_calamine.CalamineWorkbook.from_path("list.xlsb")
read = book.get_sheet_by_index(0).to_python()
print(f"written by SheetJS: {written}")
print(f"read by calamine:   {read}")
sys.exit(0 if read == [["carton"], ["A1"]] else 1)
SCRIPT
