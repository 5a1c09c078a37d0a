// Write the same list with SheetJS, in each format that it has for sheets, and with exceljs.
import ExcelJS from "exceljs";
import XLSX from "xlsx";

const kilograms = '0.0"kg"';
const sheet = XLSX.utils.aoa_to_sheet([
  ["品名", "件数", "G.W.", "SSCC"],
  ["杯子", 12, 12.5, "00369012345678901239"],
  ["灯 lamp", 7, 0.084, 369012345678901],
  ["合计", { f: "SUM(B2:B3)", v: 19, t: "n" }],
  ["merged"],
]);
sheet.C2.z = kilograms;
sheet["!merges"] = [XLSX.utils.decode_range("A5:B6")];
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet, "PL");
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([["old"]]), "old");
book.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 1 }] };
for (const bookType of ["xlsx", "xlsb", "biff8", "ods", "fods", "xlml", "html", "csv", "txt"]) {
  XLSX.writeFile(book, `sheetjs.${bookType}`, { bookType });
}

const other = new ExcelJS.Workbook();
const page = other.addWorksheet("PL");
page.addRow(["品名", "件数", "G.W.", "SSCC"]);
page.addRow(["杯子", 12, 12.5, "00369012345678901239"]);
page.addRow(["灯 lamp", 7, 0.084, 369012345678901]);
page.addRow(["合计", { formula: "SUM(B2:B3)", result: 19 }]);
page.addRow(["merged"]);
page.mergeCells("A5:B6");
page.getCell("C2").numFmt = kilograms;
other.addWorksheet("old", { state: "hidden" }).addRow(["old"]);
await other.xlsx.writeFile("exceljs.xlsx");
