#!/usr/bin/env python3
"""Says what the real extensions make of pages, for comparison.

    oracle.py random DIR --seed N --pages N    makes up a site in DIR and says what is on its pages
    oracle.py site DIR                         says what is on the pages of the site in DIR

Needs Markdown, pymdown-extensions and mkdocs. Works in DIR and writes DIR/expected.json, one entry a page: the lines
after all includes, the includes, and the fences by the numbers of their first and last line.
"""
import argparse
import json
import os
import random
import re
import signal
import sys
import xml.etree.ElementTree as etree

import markdown
from markdown import util as markdown_util
from markdown.extensions import attr_list, fenced_code, md_in_html
from markdown.treeprocessors import Treeprocessor
from mkdocs.config import load_config
from mkdocs.utils import meta
from pymdownx import snippets, superfences


class Tagged(str):
    """A line that knows its file and number."""

    def __new__(cls, text, file, number):
        line = super().__new__(cls, text)
        line.place = (file, number)
        return line


class Watch:
    """A pattern that tells what it is asked about."""

    def __init__(self, pattern, tell):
        self.pattern = pattern
        self.tell = tell

    def match(self, line):
        found = self.pattern.match(line)
        self.tell(line, found)
        return found


class Seen(set):
    """The files being included; tells when one of them is asked for."""

    def __init__(self, tell):
        super().__init__()
        self.tell = tell

    def __contains__(self, item):
        inside = super().__contains__(item)
        if inside:
            self.tell()
        return inside


def watch_snippets(processor, page):
    """Makes a snippet processor write down what becomes of each directive."""
    processor.rows = []

    def directive(line, found):
        if not found:
            return
        place = getattr(line, 'place', None)
        if found.group('inline_marker'):
            target = found.group('snippet')[1:-1].strip()
            status = 'escaped' if found.group('escape') else 'disabled'
            row(place, 'inline', target, status)
        elif found.group('escape'):
            row(place, 'block-marker', None, 'escaped')

    def block(line, found):
        target = found.group('snippet').strip()
        if target:
            row(getattr(line, 'place', None), 'block', target, 'disabled')

    def row(place, kind, target, status):
        file, number = place or (None, None)
        processor.rows.append({'file': file, 'line': number, 'kind': kind, 'target': target, 'status': status,
                               'resolved': None})

    def cycle():
        processor.rows[-1]['status'] = 'cycle'

    class Watched(type(processor)):
        RE_ALL_SNIPPETS = Watch(snippets.SnippetPreprocessor.RE_ALL_SNIPPETS, directive)
        RE_SNIPPET = Watch(snippets.SnippetPreprocessor.RE_SNIPPET, block)

        def parse_snippet_target(self, path):
            self.rows[-1]['status'] = 'missing'
            return super().parse_snippet_target(path)

        def get_snippet_path(self, path):
            found = super().get_snippet_path(path)
            row = self.rows[-1]
            if found:
                row['status'] = 'ok'
                row['resolved'] = os.path.relpath(found)
            elif self.restrict_base_path:
                for base, is_folder in self.get_bases():
                    if is_folder and os.path.exists(os.path.abspath(os.path.join(base, path))):
                        row['status'] = 'outside-base'
            return found

        def read_lines(self, path):
            name = os.path.relpath(path)
            return [Tagged(line, name, number) for number, line in enumerate(super().read_lines(path), 1)]

        def dedent(self, lines):
            result = super().dedent(lines)
            if len(result) != len(lines):
                return result
            return [Tagged(new, *getattr(old, 'place', (None, None))) for new, old in zip(result, lines)]

        def run(self, lines):
            dropped = page['dropped']
            tagged = [Tagged(line, page['path'], number) for number, line in enumerate(lines, 1 + dropped)]
            result = super().run(tagged)
            page['lines'] = [str(line) for line in result]
            # What the settings append stands in no file.
            count = len(lines)
            page['includes'] = [row for row in self.rows
                                if row['file'] and (row['file'] != page['path'] or row['line'] <= count + dropped)]
            return result

        def parse_snippets(self, lines, *args, **kwargs):
            if not isinstance(self.seen, Seen):
                self.seen = Seen(cycle)
            return super().parse_snippets(lines, *args, **kwargs)

    processor.__class__ = Watched


def watch_fences(processor, page):
    """Makes a fence processor write down the fences that it finds."""
    found = page['found'] = {}
    raw = processor.md.preprocessors['fenced_raw_block'] if 'fenced_raw_block' in processor.md.preprocessors else None
    # Where tabs are preserved, a fence without content gets a line of it.
    empty = []

    class Raw(type(raw) if raw is not None else object):
        def process_nested_block(self, ws, content, start, end):
            if not self.code:
                empty.append(end + len(empty))
            super().process_nested_block(ws, content, start, end)

    if raw is not None:
        raw.__class__ = Raw

    def expanded(index):
        return index + page['meta'] - sum(1 for closer in empty if closer <= index)

    class Watched(type(processor)):
        def process_nested_block(self, ws, content, start, end):
            default = self.extension.superfences[0]['formatter']
            title = self.options.get('title') if self.formatter is default else None
            text = self.rebuild_block(self.code)
            language = self.lang
            before = self.md.htmlStash.html_counter
            super().process_nested_block(ws, content, start, end)
            if self.md.htmlStash.html_counter > before:
                found[before] = {'first': expanded(start), 'last': expanded(end - 1), 'language': language, 'title': title, 'text': text}

        def run(self, lines):
            page['meta'] = len(page['lines']) - (len(lines) - 2) if raw is None and page['lines'] else 0
            return super().run(lines)

    processor.__class__ = Watched


def watch_plain_fences(processor, page):
    """The same for Python-Markdown's own fences."""
    found = page['found'] = {}
    matches = []
    shift = [0]

    class Pattern:
        def search(self, text, index):
            match = fenced_code.FencedBlockPreprocessor.FENCED_BLOCK_RE.search(text, index)
            matches.append((text, match))
            return match

    class Watched(type(processor)):
        FENCED_BLOCK_RE = Pattern()

        def run(self, lines):
            page['meta'] = len(page['lines']) - (len(lines) - 2) if page['lines'] else 0
            stash, store = self.md.htmlStash, self.md.htmlStash.store

            def watched(html):
                text, match = matches[-1]
                size = match.group().count('\n') + 1
                first = text[:match.start()].count('\n') + shift[0] + page['meta']
                shift[0] += size - 3
                language = match.group('lang') or None
                if match.group('attrs'):
                    classes = [v for k, v in attr_list.get_attrs(match.group('attrs')) if k == '.']
                    language = classes[0] if classes else None
                found[stash.html_counter] = {'first': first, 'last': first + size - 1, 'language': language, 'title': None,
                                             'text': match.group('code')[:-1]}
                return store(html)

            stash.store = watched
            lines = super().run(lines)
            del stash.store
            return lines

    processor.__class__ = Watched


class Marked(md_in_html.MarkdownInHtmlProcessor):
    """Leaves a mark on each element that comes from the page's HTML."""

    def parse_element_content(self, element):
        kind = element.attrib.get('markdown', 'off')
        super().parse_element_content(element)
        element.set('data-from-html', kind)


class Places(Treeprocessor):
    """Writes down what the placeholders of fences stand in."""

    def __init__(self, md, page):
        super().__init__(md)
        self.page = page

    def run(self, root):
        for child in root:
            self.walk(child, self.name(child, []))
        self.text(root.text, [])
        for child in root:
            self.text(child.tail, [])

    def walk(self, element, chain):
        self.text(element.text, chain)
        for child in element:
            self.walk(child, self.name(child, chain))
            self.text(child.tail, chain)

    def name(self, element, chain):
        classes = element.get('class', '').split()
        mark = element.get('data-from-html')
        if mark == 'off':
            return [*chain, 'raw-html']
        if element.tag == 'div' and classes == ['footnote'] and mark is None:
            return [*chain, 'footnotes']
        if chain and chain[-1] == 'footnotes':
            return [*chain[:-1], 'footnote'] if element.tag == 'li' else chain
        if element.tag == 'div' and 'admonition' in classes:
            return [*chain, 'admonition']
        if element.tag == 'details':
            return [*chain, 'details']
        if element.tag == 'div' and element.get('class') in ('tabbed-block', self.page['tab_class']):
            return [*chain, 'tab']
        if element.tag == 'li':
            return [*chain, 'list']
        if element.tag == 'dd':
            return [*chain, 'definition']
        if element.tag == 'blockquote':
            return [*chain, 'blockquote']
        plain = element.tag == 'div' and not element.get('class', '').startswith('tabbed-')
        return [*chain, 'html'] if mark or plain else chain

    def text(self, text, chain):
        for found in markdown_util.HTML_PLACEHOLDER_RE.finditer(text or ''):
            index = int(found.group(1))
            fence = self.page['found'].get(index)
            if fence is not None:
                fence['container'] = chain
            elif isinstance(self.md.htmlStash.rawHtmlBlocks[index], str):
                self.text(self.md.htmlStash.rawHtmlBlocks[index], [*chain, 'raw-html'])


def read_page(config, path):
    """What is on a page, as MkDocs would have it read."""
    with open(path, encoding='utf-8-sig', errors='strict') as file:
        whole = file.read()
    text, _ = meta.get_data(whole)
    dropped = len(whole.split('\n')) - len(text.split('\n'))
    alternate = config['mdx_configs'].get('pymdownx.tabbed', {}).get('alternate_style', False)
    page = {'path': path, 'dropped': dropped, 'lines': [], 'includes': [], 'found': {},
            'tab_class': 'tabbed-block' if alternate else 'tabbed-content'}
    md = markdown.Markdown(extensions=config['markdown_extensions'], extension_configs=config['mdx_configs'] or {})
    if 'snippet' in md.preprocessors:
        watch_snippets(md.preprocessors['snippet'], page)
    if isinstance(md.preprocessors['fenced_code_block'], superfences.SuperFencesBlockPreprocessor):
        watch_fences(md.preprocessors['fenced_code_block'], page)
    else:
        watch_plain_fences(md.preprocessors['fenced_code_block'], page)
    if 'markdown_block' in md.parser.blockprocessors:
        md.parser.blockprocessors['markdown_block'].__class__ = Marked
    md.treeprocessors.register(Places(md, page), 'places', 45)
    signal.alarm(5)
    try:
        md.convert(text)
    except Exception as error:  # The site's build would stop here, or never end.
        return {'path': path, 'error': f'{type(error).__name__}: {error}'}
    finally:
        signal.alarm(0)
    fences = [fence for fence in page['found'].values() if 'container' in fence]
    fences.sort(key=lambda fence: fence['first'])
    return {'path': path, 'lines': page['lines'], 'includes': page['includes'], 'fences': fences}


# ---- made-up pages -------------------------------------------------------------------------------------------------

INDENTS = ['', '', '', '', '', '    ', '    ', '    ', '        ', '  ', '   ', '\t', '      ', '> ', '>', '>     ', ' ']
LANGUAGES = ['', ' py', 'py', ' console', ' .js', ' py title="T"', ' py title="a b" linenums="1"', ' {.py}', ' { .c #i a=b }',
             ' py hl_lines="1 2-3"', ' py copy', ' js/jsx', ' py hl_lines="x"', ' mermaid', ' mermaid title="x"', '{}',
             ' { py }', ' py { title="T" .x }', ' py linenums="1" "hl_lines="3"', ' py title="a"b"', ' C++', ' f#',
             ' { .py hl_lines }', ' text title=""', ' 한글', ' py\t']
MARKERS = ['```', '```', '```', '````', '~~~', '~~~~']
HEADS = ['!!! note', '!!! note "T"', '!!! note inline end "T"', '!!! "T"', '!!! note ""', '!!!note', '!!! note: x', '??? note',
         '???+ note "T"', '??? "T"', '???- note', '??? note ""', '=== "A"', '=== "B"', '===! "C"', '===+ "D"', "=== 'E'",
         '===! "A" ', '!!!  note', '??? example "openstack image list --all"']
TEXTS = ['text', 'more text here', 'a **b** `c`', 'x', 'word | other', '한글 문장', 'a: b', 'trailing \\', 'http://x.y/z', 'a & b',
         'AT&amp;T', '&#12; c', 'a < b', '`<div>`', '1) x', 'see [^1] and [a][b]', '\\# no header']
ITEMS = ['- item', '* item', '+ item', '1. item', '2. item', '-   item', '-', '- ', '10. ten', '- - nested', '- [ ] task', '- # h',
         '1. > q', '- ``` py']
OTHERS = ['# Title', '## Sub ##', '#Tight', '# Odd \\', '---', '***', '- - -', '===', '=====', '----', ': definition', ':   definition',
          ':def', '[^1]: foot', '[^1]:', '[^note]: other', '[b]: http://x.y', '[b]:', '*[HTML]: Hyper', '*[X]:', '| a | b |',
          '|---|---|', '| - |', 'a | b', '--|--', 'Term', '$$', '[b]: <u> "t"', '(title)', '"title"']
HTML = ['<div>', '</div>', '<div markdown>', '<div markdown="1">', '<div class="grid cards" markdown>', '<details markdown>', '</details>',
        '<summary>s</summary>', '<p markdown>', '</p>', '<pre>', '</pre>', '<!--', '-->', '<!-- c -->', '<br>', '<hr>', '<span>', '</span>',
        'x <b>y</b>', '<section markdown="block">', '</section>', '<ul markdown>', '<li markdown>', '</li>', '</ul>', '<!-- doctool: skip -->',
        '<script>', '</script>', '<?php', '?>', '<!DOCTYPE html>', '<![CDATA[', ']]>', '<div', '<a href="x>', '<table>', '</table>',
        '<div markdown="span">', '<blockquote markdown>', '</blockquote>', '</DIV>', '<div></div>', '<div>x</div> tail', '<img src="a"/>',
        '<div class="admonition" markdown>', '<p>', '<style>', '</style>', '<div/>', '<iframe>', '<h1 markdown>', '</h1>']
SLASHES = ['/// note | T', '/// admonition | T', '/// details | T', '/// tab | A', '/// tab | B', '///', '////', '//// note', '    type: x',
           '    open: true', '/// html | div.x', '/// unknown', '/// html | pre', '/// tab']
NAMES = ['a.md', 'b.md', 'c.md', 'sub/d.md', 'none.md', '../outside.md', '../docs/a.md', 'crlf.md', 'empty.md', 'nonl.md', 'bom.md']
SELECTORS = ['', '', '', '', ':one', ':two', ':none', ':2', ':1:2', '::3', ':-2', ':-3:-1', ':1:1,3:3', ':,2', ':1,3', ':0', ':9:2', ':2:1',
             ':one:1', ':ONE', '::', ':', ':a-b', '::-1', ':1:', ' :one']


def a_target(rand):
    return rand.choice(NAMES) + rand.choice(SELECTORS)


def an_include(rand):
    dashes = rand.choice(['--8<--', '--8<--', '-8<-', '---8<-', '--8<-- ', '8<', '--8<--'])
    quote = rand.choice(['"', '"', '"', "'", ''])
    escape = rand.choice(['', '', '', '', '', ';', ';;', '; '])
    kind = rand.random()
    if kind < 0.7:
        return f'{escape}{dashes} {quote}{rand.choice(["", "", "", "; ", " "])}{a_target(rand)}{quote}{rand.choice(["", "", "", " "])}'
    if kind < 0.8:
        return escape + dashes
    word = rand.choice(['start:one', 'end:one', 'start:two', 'end:two', 'start: a-b', 'END:one', 'START:one', 'ſtart:two'])
    return rand.choice(['', '# ', '<!-- ', ';', '# ;']) + f'{dashes} [{word}]' + rand.choice(['', ' -->', ' x'])


def a_line(rand, taste):
    kinds, weights = zip(*taste.items())
    kind = rand.choices(kinds, weights)[0]
    if kind == 'blank':
        return rand.choice(['', '', '', '', '    ', '  ', '\t', '>', '> '])
    body = {
        'text': lambda: rand.choice(TEXTS),
        'open': lambda: rand.choice(MARKERS) + rand.choice(LANGUAGES),
        'close': lambda: rand.choice(MARKERS) + rand.choice(['', '', '', '', ' ', 'x']),
        'head': lambda: rand.choice(HEADS),
        'item': lambda: rand.choice(ITEMS),
        'other': lambda: rand.choice(OTHERS),
        'html': lambda: rand.choice(HTML),
        'slashes': lambda: rand.choice(SLASHES),
        'include': lambda: an_include(rand),
        'path': lambda: a_target(rand),
    }[kind]()
    return rand.choice(INDENTS) + body


def noise(rand, count, taste):
    return [a_line(rand, taste) for _ in range(count)]


def structured(rand, depth, indent, taste):
    """Lines that are mostly well formed, with containers in containers."""
    lines = []
    for _ in range(rand.randint(1, 4)):
        if rand.random() < 0.7:
            lines.append('')
        kind = rand.random()
        if kind < 0.3:
            marker = rand.choice(MARKERS)
            lines.append(indent + marker + rand.choice(LANGUAGES))
            for _ in range(rand.randint(0, 3)):
                lines.append(rand.choice([indent, indent, indent, indent + '    ', '']) + a_line(rand, taste).strip())
            lines.append(indent + marker)
        elif kind < 0.75 and depth < 4:
            head, step = rand.choice([
                (rand.choice(HEADS), '    '), (rand.choice(HEADS), '    '), (rand.choice(HEADS), '    '),
                (rand.choice(ITEMS), '    '), (rand.choice(ITEMS), '    '), ('>', '> '), ('Term\n' + indent + ':   definition', '    '),
                ('[^%d]: foot' % rand.randint(1, 3), '    '), (rand.choice(['<div markdown>', '<div>', '<details markdown="1">']), ''),
                ('- item', '  '), ('1. item', '   '), (rand.choice(['/// note | T', '/// tab | A']), '')])
            lines.extend((indent + head).split('\n'))
            lines.extend(structured(rand, depth + 1, indent + rand.choice([step, step, step, step, '\t', '      ']), taste))
            if head.startswith('<'):
                lines.append(indent + '</' + re.match(r'<(\w+)', head).group(1) + '>')
            if head.startswith('///'):
                lines.append(indent + '///')
        elif kind < 0.9:
            lines.append(indent + rand.choice(TEXTS))
        else:
            lines.append(indent + an_include(rand))
    return lines


TASTES = [
    {'text': 3, 'blank': 4, 'open': 3, 'close': 4, 'head': 3, 'item': 2, 'other': 1, 'html': 1, 'include': 1},
    {'text': 2, 'blank': 3, 'open': 3, 'close': 3, 'item': 5, 'head': 1},
    {'text': 2, 'blank': 3, 'open': 2, 'close': 3, 'html': 5, 'head': 1, 'item': 1},
    {'text': 2, 'blank': 3, 'open': 2, 'close': 3, 'other': 5, 'head': 1, 'item': 1},
    {'text': 2, 'blank': 3, 'include': 5, 'path': 3, 'open': 1, 'close': 1},
    {'text': 2, 'blank': 3, 'open': 2, 'close': 3, 'head': 6, 'item': 2},
    {'text': 2, 'blank': 3, 'open': 2, 'close': 3, 'slashes': 5, 'head': 2, 'item': 1},
]

SETTINGS = [
    ['abbr', 'admonition', 'attr_list', 'def_list', 'footnotes', 'md_in_html', 'pymdownx.details', 'pymdownx.highlight',
     {'pymdownx.superfences': {'custom_fences': [{'name': 'mermaid', 'class': 'mermaid'}]}}, {'pymdownx.tabbed': {'alternate_style': True}},
     {'pymdownx.snippets': {'base_path': ['docs']}}],
    ['pymdownx.tabbed', 'pymdownx.details', 'admonition', 'pymdownx.superfences', {'pymdownx.snippets': {
        'base_path': ['docs/sub', 'docs'], 'dedent_subsections': True, 'auto_append': ['a.md', 'b.md:one']}}, 'def_list'],
    ['extra', 'admonition', 'meta', 'sane_lists', {'pymdownx.superfences': {'relaxed_headers': True, 'disable_indented_code_blocks': True}},
     {'pymdownx.snippets': {'base_path': 'docs', 'restrict_base_path': False}}],
    ['md_in_html', {'pymdownx.superfences': {'preserve_tabs': True}}, 'pymdownx.details', {'pymdownx.tabbed': {'alternate_style': True}},
     'admonition', {'pymdownx.highlight': {'use_pygments': False}}, {'pymdownx.snippets': {'base_path': ['docs']}}],
    ['pymdownx.blocks.admonition', 'pymdownx.blocks.details', {'pymdownx.blocks.tab': {'alternate_style': True}}, 'pymdownx.blocks.html',
     'pymdownx.superfences', 'def_list', 'footnotes', 'admonition', {'pymdownx.tabbed': {'alternate_style': True}},
     {'pymdownx.snippets': {'base_path': ['docs']}}],
    ['pymdownx.saneheaders', 'pymdownx.quotes', 'pymdownx.superfences', 'admonition', 'def_list', 'pymdownx.details', 'abbr', 'md_in_html',
     {'pymdownx.snippets': {'base_path': ['docs']}}],
    ['admonition', 'def_list', 'footnotes', 'md_in_html', 'pymdownx.details', 'pymdownx.tabbed', {'pymdownx.snippets': {'base_path': ['docs']}}],
]


def write(path, lines, newline='\n', end='\n', mark=b''):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'wb') as file:
        file.write(mark + (newline.join(lines) + (newline if end else '')).encode())


def make_up(seed, count):
    """A site of made-up pages in the working directory."""
    rand = random.Random(seed)
    settings = SETTINGS[seed % len(SETTINGS)]
    small = dict(TASTES[0], include=3)
    for name in ('a.md', 'b.md', 'c.md', 'sub/d.md', 'nonl.md', 'bom.md', 'crlf.md'):
        lines = noise(rand, rand.randint(1, 8), small)
        if rand.random() < 0.8:
            for section in ('one', 'two'):
                start = rand.randint(0, len(lines))
                lines[start:start] = [f'--8<-- [start:{section}]', *noise(rand, rand.randint(0, 3), small),
                                      rand.choice(['', '    ']) + f'--8<-- [end:{section}]']
        write('docs/' + name, lines, newline='\r\n' if name == 'crlf.md' else '\n', end=name != 'nonl.md',
              mark=b'\xef\xbb\xbf' if name == 'bom.md' else b'')
    write('docs/empty.md', [''], end='')
    write('outside.md', ['outside'])
    for number in range(count):
        taste = rand.choice(TASTES)
        if rand.random() < 0.5:
            lines = structured(rand, 0, '', taste)
        else:
            lines = noise(rand, rand.randint(1, 22), taste)
        if rand.random() < 0.1:
            lines = rand.choice([['---', 'title: x', '---'], ['title: x', 'other: y', ''], ['---', 'no', '---'], ['']]) + lines
        write(f'docs/p{number:04}.md', lines, newline=rand.choice(['\n'] * 9 + ['\r\n']), end=rand.random() < 0.9)
    with open('mkdocs.yml', 'w') as file:
        json.dump({'site_name': 'x', 'markdown_extensions': settings}, file)


def too_long(*_):
    raise TimeoutError('the page takes more than five seconds')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['random', 'site'])
    parser.add_argument('folder')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--pages', type=int, default=100)
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    os.chdir(args.folder)
    if args.what == 'random':
        make_up(args.seed, args.pages)
    sys.setrecursionlimit(4000)
    signal.signal(signal.SIGALRM, too_long)
    # The theme need not be there: pages are read alike with any.
    config = load_config('mkdocs.yml', theme='mkdocs')
    docs = os.path.relpath(config['docs_dir'])
    pages = []
    for folder, _, files in sorted(os.walk(docs)):
        for name in sorted(files):
            if name.endswith('.md'):
                path = os.path.normpath(os.path.join(folder, name))
                if args.what == 'site' or re.fullmatch(r'p\d+\.md', name):
                    pages.append(read_page(config, path))
    with open('expected.json', 'w') as file:
        json.dump(pages, file)


if __name__ == '__main__':
    main()
