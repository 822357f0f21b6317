/* zoo-exec ROLE PROGRAM [ARGUMENT]...: announces a program that cannot announce itself, and becomes it. */
#include "zoo.h"

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    become(argv[1], argv + 2);
}
