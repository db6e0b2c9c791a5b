#include "base/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

#define STACK_SIZE ((size_t)64 * 1024)
#define GUARD_SIZE ((size_t)64 * 1024) /* below it, never touched; at least a page anywhere */

_Thread_local volatile unsigned guard_depth;
_Thread_local _Bool guard_thread_is_ready;

static pthread_key_t stacks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void drop_stack(void *area)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(area, GUARD_SIZE + STACK_SIZE);
}

static void make_key(void)
{
    pthread_key_create(&stacks, drop_stack);
}

void guard_thread_prepare(void)
{
    guard_thread_is_ready = 1;
    pthread_once(&once, make_key);
    char *area = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (area == MAP_FAILED)
        return;
    const stack_t stack = {.ss_sp = area + GUARD_SIZE, .ss_size = STACK_SIZE};
    if (mprotect(stack.ss_sp, STACK_SIZE, PROT_READ | PROT_WRITE) != 0
        || sigaltstack(&stack, NULL) != 0 || pthread_setspecific(stacks, area) != 0)
        drop_stack(area);
}
