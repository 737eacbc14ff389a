//! Writes the list of the migrations in this folder.

fn main() {
    jenny_build::migrations();
}
