using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Whether a file may be run as if it were the agent's own.</summary>
internal static unsafe class TrustedFile
{
    /// <summary>It is a regular file of root or of the agent's own user, and nobody else may write it.</summary>
    internal static bool Is(string path)
    {
        stat status;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            if (fstatat(AT_FDCWD, name, &status, 0) == -1)
                return false;
        }
        return (status.st_mode & S_IFMT) == S_IFREG && (status.st_uid == 0 || status.st_uid == geteuid()) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    }
}
