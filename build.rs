//! Builds again when a migration appears: the macro that embeds them sees only those it has seen before.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
