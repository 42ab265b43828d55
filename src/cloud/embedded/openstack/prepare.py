"""Makes a service's databases and keys.

Arguments: the service's name, and its configuration file. OS_BOOTSTRAP_PASSWORD holds the first user's password,
OS_BOOTSTRAP_PUBLIC_URL the address of Keystone.
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
    for words in (["db_sync"], ["fernet_setup", *owner], ["credential_setup", *owner]):
        run(lambda: cli.main(argv=sys.argv), "keystone-manage", "--config-file", configuration, *words)
    run(lambda: first_entries(configuration), "bootstrap")


# Keystone lists the roles of a token in the order of a set of their ids. With ids that are the same in every
# cloud (and PYTHONHASHSEED=0 for the service) the order is so too, and pages that show it stay as they are.
ROLES = {
    "reader": "5a41c1c9ceba4519b10f52ebfaa7163f",
    "member": "cebe241a86b84be8acb25112d6936be5",
    "manager": "2cece61ac057450eb230982caf6834d2",
    "admin": "21e2c2852f044cdb88a28d47f3a14d48",
    "service": "15e6c53f752f40ca9ce39113ec24ce71",
}


def first_entries(configuration):
    """What `keystone-manage bootstrap` does, with roles that are there before it."""
    import keystone.conf
    from keystone.cmd import bootstrap
    from keystone.common import provider_api, sql

    keystone.conf.configure()
    sql.initialize()
    keystone.conf.CONF(["--config-file", configuration], project="keystone")
    first = bootstrap.Bootstrapper()
    for name, number in ROLES.items():
        role = {"id": number, "name": name, "options": {"immutable": True}}
        provider_api.ProviderAPIs.role_api.create_role(number, role)
    first.admin_username = "admin"
    first.admin_password = os.environ["OS_BOOTSTRAP_PASSWORD"]
    first.admin_role_name = "admin"
    first.project_name = "admin"
    first.region_id = "RegionOne"
    first.service_name = "keystone"
    first.public_url = os.environ["OS_BOOTSTRAP_PUBLIC_URL"]
    first.immutable_roles = True
    first.bootstrap()


def glance(configuration):
    from glance.cmd import manage

    run(manage.main, "glance-manage", "--config-file", configuration, "db_sync")


{"keystone": keystone, "glance-api": glance}[sys.argv[1]](sys.argv[2])
