//! The rules that keep the parts of the project apart. Each is a function of one file's path and
//! text, shown to fail on a fixture that breaks it.

#[cfg(test)]
mod architecture {
    mod files;
    mod layers;
    mod links;
    mod names;
    mod tree;
}
