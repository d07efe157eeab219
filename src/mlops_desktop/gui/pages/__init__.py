"""What fills the window beside the sidebar, one page per noun."""
