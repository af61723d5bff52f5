"""The same views as HTML and SVG: for notebooks, and for pages that people keep."""
