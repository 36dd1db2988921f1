//! Rule packs and policies as files.
