"""How a dataset's name, which holds a slash, stands in a URL."""

from werkzeug.routing import BaseConverter


class DatasetConverter(BaseConverter):
    """`laurel/students`; also matches names that cannot be one, so that they get an answer with near names."""

    part_isolating = False
    regex = r"[^/]+(?:/[^/]+)?"
