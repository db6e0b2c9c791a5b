"""The Django site's routes, of views that are given."""
from django.urls import include, path


def patterns(index, lettings, letting, profiles, profile):
    return [
        path("", index, name="index"),
        path("lettings/", include(([
            path("", lettings, name="index"),
            path("<int:letting_id>/", letting, name="letting"),
        ], "lettings"))),
        path("profiles/", include(([
            path("", profiles, name="index"),
            path("<str:username>/", profile, name="profile"),
        ], "profiles"))),
    ]
