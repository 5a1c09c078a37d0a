"""Sheets of workbooks and text files, as people see them: cells, merged areas, hidden sheets."""
