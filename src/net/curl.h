/* libcurl, for the files of net/. */
#pragma once

/* Starts it, once for the process; from any thread. */
void curl_start(void);
