"""Makes a service's databases and keys.

Arguments: the service's name, and its configuration file. Keystone reads the first user's password from
OS_BOOTSTRAP_PASSWORD and its own address from OS_BOOTSTRAP_PUBLIC_URL.
"""

import grp
import os
import pwd
import sys
import traceback


def run(main, *words):
    """Runs a management command in a child: loading the modules is the slow part, and is done once."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sys.argv = list(words)
            main()
            code = 0
        except SystemExit as end:
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(" ".join(words) + " failed")


def keystone(configuration):
    from keystone.cmd import bootstrap, cli  # noqa: F401 - loaded here so that the children need not
    from keystone.server import backends  # noqa: F401 - likewise

    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(os.getgid()).gr_name
    owner = ["--keystone-user", user, "--keystone-group", group]
    for words in (
        ["db_sync"],
        ["fernet_setup", *owner],
        ["credential_setup", *owner],
        ["bootstrap", "--bootstrap-region-id", "RegionOne"],
    ):
        run(lambda: cli.main(argv=sys.argv), "keystone-manage", "--config-file", configuration, *words)


def glance(configuration):
    from glance.cmd import manage

    run(manage.main, "glance-manage", "--config-file", configuration, "db_sync")


{"keystone": keystone, "glance-api": glance}[sys.argv[1]](sys.argv[2])
