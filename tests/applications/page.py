"""The parts of a page that a browser uses: its forms with their fields, its links, its images."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


class Form:
    def __init__(self, attributes: dict):
        self.id = attributes.get("id")
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.fields = {}  # what the browser would send if nothing was filled in
        self.buttons = {}
        self.names = set()  # all fields that can be filled in

    def filled(self, values: dict, button: str | None = None) -> dict:
        """Returns the fields to send; the form must contain every field that is filled in."""
        unknown = values.keys() - self.names
        assert not unknown, f"the form has no field {unknown}, but {sorted(self.names)}"
        data = self.fields | values
        if button is not None:
            data[button] = self.buttons[button]
        return data


class Page(HTMLParser):
    """Parses a response as HTML; `response` must be successful."""

    def __init__(self, response: httpx.Response):
        super().__init__(convert_charrefs=True)
        assert (
            response.status_code == 200
        ), f"{response.status_code} {response.url}: {response.text[:500]}"
        assert response.headers["content-type"].lower().startswith("text/html"), response.headers
        self.url = str(response.url)
        self.html = response.text
        self.forms, self.links, self.images = [], [], []
        self._select = self._textarea = None
        self._text = []
        self._silent = 0
        self.feed(self.html)
        self.close()
        self.text = " ".join("".join(self._text).split())

    def form(self, *, id: str | None = None, field: str | None = None) -> Form:
        found = [
            f
            for f in self.forms
            if (id is None or f.id == id)
            and (field is None or field in f.names or field in f.buttons)
        ]
        assert len(found) == 1, f"{len(found)} forms with id {id}, field {field} in {self.url}"
        return found[0]

    def link(self, part: str) -> str:
        """Returns the first link that contains `part`, made absolute."""
        for link in self.links:
            if part in link:
                return urljoin(self.url, link)
        raise AssertionError(f"no link with {part!r} in {self.url}")

    def image(self, part: str) -> str:
        for source in self.images:
            if part in source:
                return urljoin(self.url, source)
        raise AssertionError(f"no image with {part!r} in {self.url}: {self.images}")

    # --- HTMLParser ---

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(Form(attributes))
        elif tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "img" and attributes.get("src"):
            self.images.append(attributes["src"])
        elif tag in ("script", "style"):
            self._silent += 1
        elif self.forms and tag in ("input", "button", "select", "option", "textarea"):
            self._control(tag, attributes, self.forms[-1])

    def _control(self, tag, attributes, form):
        name, value = attributes.get("name"), attributes.get("value") or ""
        kind = (attributes.get("type") or ("submit" if tag == "button" else "text")).lower()
        if tag == "option":
            first = self._select and self._select not in form.fields
            if self._select and (first or "selected" in attributes):
                form.fields[self._select] = value
        elif name is None:
            return
        elif kind in ("submit", "image", "button") and tag in ("input", "button"):
            form.buttons[name] = value
        else:
            form.names.add(name)
            if tag == "select":
                self._select = name
            elif tag == "textarea":
                self._textarea = name
                form.fields[name] = ""
            elif kind in ("checkbox", "radio"):
                if "checked" in attributes:
                    form.fields[name] = attributes.get("value", "on")
            elif kind != "file":
                form.fields[name] = value

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data):
        if self._textarea and self.forms:
            # A line break right after the tag is not part of the content.
            form = self.forms[-1]
            form.fields[self._textarea] += (
                data.removeprefix("\n") if not form.fields[self._textarea] else data
            )
        elif not self._silent:
            self._text.append(data)
