#!/usr/bin/env python3
"""Makes a site of the sort that doctool keeps: commands with their output, diagrams, messages and logs.

    site.py DIR --seed N --sets N

A set is a page and the files that it includes, which are pages by themselves too. The same numbers give the same bytes.
Most sets have an oddity or two, such as an include of a few lines, a section, or a file that is not there.
"""
import argparse
import json
import os
import random

SETTINGS = """site_name: Made up
docs_dir: docs
markdown_extensions:
  - abbr
  - admonition
  - attr_list
  - def_list
  - footnotes
  - md_in_html
  - tables
  - pymdownx.details
  - pymdownx.highlight:
      linenums_style: pymdownx-inline
  - pymdownx.superfences:
      custom_fences:
        - name: mermaid
          class: mermaid
          format: !!python/name:pymdownx.superfences.fence_code_format
  - pymdownx.tabbed:
      alternate_style: true
  - pymdownx.snippets:
      base_path: !relative $docs_dir
      auto_append: [parts/words.md]
"""

SERVICES = ['identity', 'image', 'compute', 'network']
PATHS = ['/v3/auth/tokens', '/v2/images', '/v2/images/{id}', '/v2.1/servers', '/v2.0/ports?device_id={id}']
NAMES = ['debian', 'größe-2', '서버', 'web 01', 'tiny|odd', 'a "quoted" name', '`code`']


class Set:
    """One page with its parts."""

    def __init__(self, rand, name):
        self.rand = rand
        self.name = name
        self.exchanges = [self.exchange() for _ in range(rand.randint(2, 5))]

    def identifier(self):
        return ''.join(self.rand.choices('0123456789abcdef', k=32))

    def exchange(self):
        one, other = self.rand.sample(SERVICES, 2)
        method = self.rand.choice(['GET', 'POST', 'PATCH', 'DELETE'])
        path = self.rand.choice(PATHS).replace('{id}', self.identifier())
        return one, other, method, path, self.rand.choice(['200 OK', '201 Created', '204 No Content', '404 Not Found'])

    def json(self):
        value = {'name': self.rand.choice(NAMES), 'id': self.identifier(), 'size': self.rand.randrange(1 << 40),
                 'tags': self.rand.sample(NAMES, self.rand.randint(0, 3)), 'links': {}}
        return json.dumps(value, indent=self.rand.choice([2, 4]), ensure_ascii=False).split('\n')

    def headers(self):
        return ['Host: 127.0.0.1', 'Accept: application/json', f'X-Request-Id: req-{self.identifier()}']

    def fence(self, info, lines, indent=0, marker='```'):
        rows = [marker + info, *lines, marker]
        return [' ' * indent + row if row else '' for row in rows]

    def diagram(self):
        for one, other, method, path, status in self.exchanges:
            yield f'{one} ->> {other}: {method} {path}'
            yield f'{other} -->> {one}: {status}'

    def body(self):
        for number, (one, other, method, path, status) in enumerate(self.exchanges, 1):
            yield from ['', f'### {number}. `{one}` to `{other}`', '', f'{method} {path}', '']
            for title in ['Header', 'Body']:
                yield f'=== "{title}"'
                yield ''
                lines = self.headers() if title == 'Header' else self.json()
                info = self.rand.choice([' json linenums="1"', f' http title="{status}"', ' { .json title="Body" }', ' text'])
                yield from self.fence(info, lines, 4, self.rand.choice(['```', '```', '~~~']))
                yield ''
            if self.rand.random() < 0.3:
                yield from ['!!! note "Why"', '    - first', '', '    - second', '']
                yield from self.fence(' console', ['$ echo'], 8)

    def log(self):
        for number, (one, other, method, path, status) in enumerate(self.exchanges):
            section = self.rand.random() < 0.4
            if section:
                yield f'--8<-- [start:part{number}]'
            yield f'### ({one}) >>> ({other}): {method} {path}'
            yield from self.headers()
            yield ''
            yield from self.json()
            yield f'### ({other}) <<< ({one}): {status}'
            if section:
                yield f'--8<-- [end:part{number}]'

    def oddity(self):
        """Something that few pages have, right or wrong."""
        parts = f'sets/{self.name}'
        return self.rand.choice([
            [f'--8<-- "{parts}/missing.md"'],
            [f';--8<-- "{parts}/log.md"'],
            [f'--8<-- "; {parts}/log.md"'],
            [f'--8<-- "{parts}/log.md" '],
            ['--8<--', f'{parts}/diagram.md:1:2', '', f'  {parts}/diagram.md:-3', '; none.md', '--8<--'],
            self.fence(' text', [f'--8<-- "{parts}/log.md:part0"']),
            self.fence(' text', [f'--8<-- "{parts}/log.md:2:4,1:1,-2:"'], 4),
            ['- item', '', *self.fence(' text', [f'  --8<-- "{parts}/diagram.md::1"'], 4)],
            ['> quoted', '>', *('> ' + row for row in self.fence(' sh', ['true']))],
            ['Term', ':   meaning', '', *self.fence('', ['x'], 4)],
            ['Text[^1].', '', '[^1]: note', '', *self.fence('', ['in a note'], 4)],
            ['<div class="grid" markdown>', '', *self.fence(' sh', ['ls']), '', '</div>'],
            ['<!--', *self.fence(' sh', ['hidden']), '-->'],
            self.fence(' py title="a" copy', ['no fence']),
            self.fence(' py', ['never closed'])[:-1],
            ['!!! note', *self.fence('', ['tight'], 4), *self.fence('', ['code'], 8)],
            [f'--8<-- "{parts}/index.md"'],
            ['../outside.md', '--8<-- "../outside.md"'],
        ])

    def index(self):
        parts = f'sets/{self.name}'
        if self.rand.random() < 0.5:
            yield from ['---', f'title: {self.name}', '---', '']
        yield from [f'# {self.name}', '', 'What it does, and when.', '', f'??? example "show {self.name} --all"', '']
        yield from self.fence(' console linenums="1" hl_lines="2-3"', [f'$ show {self.name}', *self.json()], 4)
        yield from ['', '## Diagram', '']
        yield from self.fence(' mermaid', ['sequenceDiagram', '    autonumber', f'    --8<-- "{parts}/diagram.md"'])
        yield ''
        for _ in range(self.rand.randint(0, 2)):
            yield from [*self.oddity(), '']
        yield from ['## Messages', '', f'--8<-- "{parts}/body.md"', '', '## Log', '', '??? quote "the log"', '']
        yield from self.fence(' text title=""', [f'--8<-- "{parts}/log.md"'], 4)


def write(path, lines, rand):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    newline = rand.choice(['\n'] * 9 + ['\r\n'])
    end = newline if rand.random() < 0.9 else ''
    mark = '\ufeff' if rand.random() < 0.05 else ''
    with open(path, 'wb') as file:
        file.write((mark + newline.join(lines) + end).encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--sets', type=int, default=30)
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    os.chdir(args.folder)
    for number in range(args.sets):
        rand = random.Random(f'{args.seed} {number}')
        one = Set(rand, f'set-{number}')
        for part in ['diagram', 'body', 'log', 'index']:
            write(f'docs/sets/{one.name}/{part}.md', list(getattr(one, part)()), rand)
    rand = random.Random(args.seed)
    write('docs/parts/words.md', ['*[API]: Application Programming Interface', '*[CLI]: Command line'], rand)
    write('docs/index.md', ['# Made up', '', '--8<-- "sets/set-0/index.md"'], rand)
    write('outside.md', ['outside'], rand)
    with open('mkdocs.yml', 'w') as file:
        file.write(SETTINGS)


if __name__ == '__main__':
    main()
