"""Judge rubrics: one Markdown file each, and the strict model that reads them."""
