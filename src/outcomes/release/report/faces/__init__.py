"""The forms that one content is written in: HTML, PDF, Word, CSV."""
