//! What each shelf's goods look like: shapes of SVG on a square of 200, in flat colours. `$a` is the colour of the piece, `$b` a darker and `$c`
//! a lighter one; food keeps its own colours and has the brand's on labels only.

mod beauty;
mod clothes;
mod digital;
mod food;
mod home;

/// Shapes by department, aisle and shelf, in the order of `goods::DEPARTMENTS`.
pub(super) const SHAPES: [[[&str; 3]; 3]; 5] = [digital::SHAPES, clothes::SHAPES, home::SHAPES, beauty::SHAPES, food::SHAPES];
