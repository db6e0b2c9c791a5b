/* Views: signing in and out, and the page of one's own account. */
#pragma once

#include "http/routes.h"

view sign_in, sign_out, account_page;

/* Settings. */
extern struct text auth_login_redirect;
extern struct text auth_logout_redirect;
extern bool auth_upgrades_passwords;

/* Published with the demo's data. */
#define DEMO_PASSWORD TEXT("Abc1234!")
