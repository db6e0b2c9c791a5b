/* The pages for staff. */
#pragma once

#include "http/routes.h"

view issues_list, issues_act, issues_show, issues_raw, issues_performance, issues_releases;
