"""How a gate's report is told: sentences, a table, Markdown, JUnit XML, and a document with every number."""

from tasks.gate_outputs.document import document
from tasks.gate_outputs.junit import junit
from tasks.gate_outputs.markdown import markdown
from tasks.gate_outputs.table import table
from tasks.gate_outputs.words import sentences

__all__ = ["document", "junit", "markdown", "sentences", "table"]
