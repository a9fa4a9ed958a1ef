"""The documentation as a site: what mkdocs needs beside the pages of docs/."""
