#include <unistd.h>

#include "site/commands.h"

int main(int count, char **arguments)
{
    return commands_run(count, arguments, environ);
}
