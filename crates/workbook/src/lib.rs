//! The backpropagation workbook.
