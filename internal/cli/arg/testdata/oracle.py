"""Answers, one JSON line a question, what Python's argparse makes of a command line.

The parser is set up as the nova command sets up its own: errors end with where to read on, and an abbreviation that
fits only spellings that differ in - and _ is none of the ambiguous ones.
"""
import argparse
import json
import os
import sys


class Ended(Exception):
    pass


class Formatter(argparse.HelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=32)

    def start_section(self, heading):
        super().start_section(heading[:1].upper() + heading[1:])


class Parser(argparse.ArgumentParser):
    def error(self, message):
        program, _, command = self.prog.partition(' ')
        raise Ended('%serror: %s\nTry \'%s help %s\' for more information.\n' % (
            self.format_usage(), message.split(' (choose from')[0], program, command))

    def exit(self, status=0, message=None):
        raise Ended('exit')

    def _print_message(self, message, file=None):
        pass

    def _get_option_tuples(self, option_string):
        found = super()._get_option_tuples(option_string)
        if len({flag.replace('_', '-') for _, flag, _ in found}) == 1:
            return found[:1]
        return found


def key_value(text):
    if '=' not in text:
        raise argparse.ArgumentTypeError("'%s' is not in the format of 'key=value'" % text)
    return text


TYPES = {'int': int, 'float': float, 'kv': key_value}


def add(parser, groups, arg):
    kwargs = {k: arg[k] for k in ('nargs', 'choices', 'metavar', 'const', 'default', 'dest', 'help') if k in arg}
    nargs = kwargs.get('nargs')
    if nargs is not None and nargs.isdigit():
        kwargs['nargs'] = int(nargs)
    if 'type' in arg:
        kwargs['type'] = TYPES[arg['type']]
    if arg.get('action'):
        kwargs['action'] = arg['action']
    if arg.get('hidden'):
        kwargs['help'] = argparse.SUPPRESS
    if not arg.get('flags'):
        parser.add_argument(kwargs.pop('dest'), **kwargs)
        return
    if arg.get('required'):
        kwargs['required'] = True
    target = parser
    if arg.get('group'):
        if arg['group'] not in groups:
            groups[arg['group']] = parser.add_mutually_exclusive_group()
        target = groups[arg['group']]
    target.add_argument(*arg['flags'], **kwargs)


def build(question, with_commands):
    parser = Parser(prog='nova', description='All of it.', epilog='See more.', add_help=False,
                    formatter_class=Formatter)
    groups = {}
    for arg in question.get('globals', []):
        add(parser, groups, arg)
    subs = {}
    if with_commands:
        places = parser.add_subparsers(metavar='<subcommand>')
        for command in question['commands']:
            sub = places.add_parser(command['name'], help=command['help'], description=command['help'],
                                    add_help=False, formatter_class=Formatter)
            sub.add_argument('-h', '--help', action='help', help=argparse.SUPPRESS)
            groups = {}
            for arg in command.get('args') or []:
                add(sub, groups, arg)
            sub.set_defaults(**{'(command)': command['name']})
            subs[command['name']] = sub
    return parser, subs


def answer(question):
    os.environ['COLUMNS'] = str(question['columns'])
    try:
        if question['what'] == 'globals':
            parser, _ = build(question, False)
            values, rest = parser.parse_known_args(question['argv'])
            return {'values': {k: repr(v) for k, v in vars(values).items()}, 'rest': rest}
        parser, subs = build(question, True)
        if question['what'] == 'help':
            return {'pages': [parser.format_help()] + [subs[c['name']].format_help() for c in question['commands']]}
        values = vars(parser.parse_args(question['argv']))
        command = values.pop('(command)', '')
        return {'values': {k: repr(v) for k, v in values.items()}, 'command': command}
    except Ended as end:
        return {'error': str(end)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
