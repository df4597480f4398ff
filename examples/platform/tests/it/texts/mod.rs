//! The texts of the pages: the files of the languages, the choice of the reader, and the pages in Chinese.

mod choice;
mod files;
mod fit;
mod markup;
mod pages;
