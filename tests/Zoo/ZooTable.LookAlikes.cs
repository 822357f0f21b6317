using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>
/// Hangs that look alike: one program under one name, and no two of them the same bug. Each is drawn as in <c>picture.c</c>: its processes, which fd of
/// each is which end of which pipe, and what it waits for.
/// </summary>
internal static partial class ZooTable
{
    public static readonly Specimen[] LookAlikes =
    [
        Picture("stdin-twice", "5ra,6wc/r5", "0rb,3rb,1wa,29rc/r29"),
        Picture("stdout-twice", "5ra,6wc/r5", "0rb,1wa,4wa,29rc/r29"),
        Picture("stderr-twice", "5ra,6wc/r5", "0rb,1wa,2wd,5wd,29rc/r29"),
        Picture("stdin-and-stdout-twice", "5ra,6wc/r5", "0rb,3rb,1wa,4wa,29rc/r29"),
        Picture("nothing-twice", "5ra,6wc/r5", "0rb,1wa,29rc/r29"),
        Picture("held-by-itself", "/c", "0ra,4wa/r0"),
        Picture("held-by-its-sibling", "/c", "0ra,6wb/r0", "4wa,5rb/r5"),
        Picture("held-by-its-parent", "4wa/c", "0ra/r0"),
        Picture("held-by-its-parent-who-reads", "4wa,5rb/r5", "0ra,1wb/r0"),
        Picture("held-by-its-parent-who-polls", "4wa,5rb,6rd/p5+6", "0ra,1wb,2wd/r0"),
        Picture("two-in-a-ring", "3ra,4wb/r3", "3rb,4wa/r3"),
        Picture("three-in-a-ring", "3ra,4wb/r3", "3rb,4wd/r3", "3rd,4wa/r3"),
        Picture("four-in-a-ring", "3ra,4wb/r3", "3rb,4wd/r3", "3rd,4we/r3", "3re,4wa/r3"),
        Picture("both-full", "3wa,4rb/w3", "3wb,4ra/w3"),
        Picture("one-full-and-one-read", "3wa,6wd/w3", "4ra,5rd/r5"),
        Picture("lock-of-its-own", "/l"),
        Picture("nobody-wakes-it", "/s"),
        Picture("orphan-holds-stdout", "5ra/r5", "1wa/o"),
        Picture("orphan-holds-stderr", "5ra/r5", "2wa/o"),
        Picture("orphan-holds-both", "5ra/r5", "1wa,2wa/o"),
        Picture("orphans-hold-stdout", "5ra/r5", "1wa/o", "1wa/o", "1wa/o"),
    ];

    private static Specimen Picture(string name, params string[] processes) => new(name, [Program("picture"), .. processes]);
}
