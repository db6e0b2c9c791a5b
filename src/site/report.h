/* What the clerk does with the spool (monitor/spool.h): makes events, and takes each to its sinks.
 */
#pragma once

/* One round; never waits for anybody. */
void report_events(void);
void report_end(void);
