"""Fills a new cloud: projects, users, the catalog, and a few images. Run again, it only adds what is missing
and corrects addresses.

Reads JSON from its input: `keystone` and `glance-api` are addresses, `passwords` holds one for each user.
"""

import json
import struct
import sys

import openstack
from openstack.exceptions import raise_from_response as raise_for_status

wanted = json.load(sys.stdin)
addresses = {"identity": wanted["keystone"], "image": wanted["glance-api"]}

# The catalog may still hold the addresses of an earlier start, so it is not asked where the services are.
cloud = openstack.connect(
    auth_type="password",
    auth={
        "auth_url": wanted["keystone"],
        "username": "admin",
        "password": wanted["passwords"]["admin"],
        "project_name": "admin",
        "user_domain_id": "default",
        "project_domain_id": "default",
    },
    region_name="RegionOne",
    identity_endpoint_override=wanted["keystone"] + "/v3",
    image_endpoint_override=wanted["glance-api"],
)
identity = cloud.identity


def seed_users():
    projects = {project.name: project for project in identity.projects()}
    for name, description in (
        ("demo", "Where the documented commands work"),
        ("service", "Where the services are users"),
        ("partner", "With whom images are shared"),
    ):
        if name not in projects:
            projects[name] = identity.create_project(
                name=name, description=description, domain_id="default"
            )

    users = {user.name: user for user in identity.users()}
    roles = {role.name: role for role in identity.roles()}
    for name, project, granted in (
        ("admin", "demo", ["admin"]),
        ("demo", "demo", ["member"]),
        ("partner", "partner", ["member"]),
        ("glance", "service", ["admin", "service"]),
    ):
        if name not in users:
            users[name] = identity.create_user(
                name=name,
                password=wanted["passwords"][name],
                domain_id="default",
                default_project_id=projects[project].id,
            )
        for role in granted:
            identity.assign_project_role_to_user(projects[project], users[name], roles[role])


def seed_catalog():
    services = {service.type: service for service in identity.services()}
    endpoints = {endpoint.service_id: endpoint for endpoint in identity.endpoints()}
    for kind, name in (("identity", "keystone"), ("image", "glance")):
        if kind not in services:
            services[kind] = identity.create_service(type=kind, name=name)
        service = services[kind]
        if service.id not in endpoints:
            identity.create_endpoint(
                service_id=service.id, interface="public", url=addresses[kind], region_id="RegionOne"
            )
        elif endpoints[service.id].url != addresses[kind]:
            identity.update_endpoint(endpoints[service.id], url=addresses[kind])


def qcow2(size):
    """The header of an empty QCOW2 disk of so many bytes: Glance looks whether a file is what it is said to be."""
    version, cluster_bits, refcount_order, header_length = 3, 16, 4, 104
    fields = (0, 0, cluster_bits, size, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, refcount_order, header_length)
    return (b"QFI\xfb" + struct.pack(">IQIIQIIQQIIQQQQII", version, *fields)).ljust(512, b"\0")


def iso(name):
    """An ISO 9660 volume with nothing in it but its name."""
    descriptor = b"\x01CD001\x01\0" + b" " * 32 + name.encode().ljust(32)
    return b"\0" * 32768 + descriptor.ljust(2048, b"\0") + b"\xffCD001\x01".ljust(2048, b"\0")


def seed_images():
    statuses = {image.id: image.status for image in cloud.image.images()}
    # The list is sorted by the time of creation, so the order here is the order there. The ids are fixed,
    # so that pages which show them need no change on another cloud.
    for number, content, about in (
        (
            "5d0c4a3e-7f52-4b0e-9a52-3c1b6f0f5e21",
            qcow2(112 << 20),
            {
                "name": "cirros-0.6.3-x86_64-disk",
                "disk_format": "qcow2",
                "min_disk": 1,
                "min_ram": 64,
                "os_distro": "cirros",
            },
        ),
        (
            "b8e0f7a4-21c6-4f4d-8d39-90d2c4a7e613",
            qcow2(2 << 30),
            {
                "name": "debian-12-generic-amd64",
                "disk_format": "qcow2",
                "min_disk": 2,
                "min_ram": 512,
                "os_distro": "debian",
                "os_version": "12",
            },
        ),
        (
            "e2a95c17-6b3d-4e8f-b1f4-4d7708c6a935",
            iso("RESCUE1102"),
            {"name": "systemrescue-11.02-amd64", "disk_format": "iso"},
        ),
    ):
        if number not in statuses:
            about = {"id": number, "container_format": "bare", "visibility": "public", **about}
            raise_for_status(cloud.image.post("/images", json=about))
        if statuses.get(number, "queued") == "queued":
            octets = {"Content-Type": "application/octet-stream"}
            raise_for_status(cloud.image.put(f"/images/{number}/file", data=content, headers=octets))


seed_users()
seed_catalog()
seed_images()
