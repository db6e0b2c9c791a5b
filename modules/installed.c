/* The installed modules, in order: the one place that names them. A module must come after those it
 * needs. Routes are tried in this order. */
#include "site/module.h"

#define INSTALLED(M)                                                                               \
    M(home)                                                                                        \
    M(contenttypes)                                                                                \
    M(attempts)                                                                                    \
    M(mail)                                                                                        \
    M(sessions)                                                                                    \
    M(uploads)                                                                                     \
    M(auth)                                                                                        \
    M(admin)                                                                                       \
    M(issues)                                                                                      \
    M(lettings)                                                                                    \
    M(profiles)

/* The test server has one more. */
#ifndef INSTALLED_FURTHER
#define INSTALLED_FURTHER(M)
#endif

#define DECLARE(name) extern const struct module name##_module;
#define REFER(name)   &name##_module,

INSTALLED(DECLARE)
INSTALLED_FURTHER(DECLARE)

const struct module *const installed_modules[] = {INSTALLED(REFER) INSTALLED_FURTHER(REFER) NULL};
