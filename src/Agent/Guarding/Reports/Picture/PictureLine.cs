using System.Collections.Immutable;

namespace OrphanBoard.Agent.Guarding.Reports.Picture;

/// <summary>One line of the middle column of a picture: its text, and which rails begin or end at it.</summary>
internal abstract record PictureLine(string Text);

/// <summary>The name of a process; the rail of all that wait for it ends here.</summary>
/// <param name="Process">Index of the process in the picture.</param>
/// <param name="Note">What its threads do.</param>
internal sealed record HeadLine(int Process, string Text, string Note, bool Culprit) : PictureLine(Text);

/// <summary>One wait of the process above.</summary>
/// <param name="To">Index of who could end it; null: itself, or somebody who is not drawn.</param>
internal sealed record WaitLine(string Text, int? To) : PictureLine(Text);

/// <summary>Fds of the process above on one end of one object.</summary>
/// <param name="Resource">Index of the object in the picture.</param>
internal sealed record FdLine(string Text, int Resource, bool Reads, bool Culprit) : PictureLine(Text);

/// <summary>Something more to say of the process above, or of the whole.</summary>
internal sealed record NoteLine(string Text) : PictureLine(Text);

/// <summary>Room between two processes.</summary>
internal sealed record GapLine() : PictureLine("");

/// <summary>A vertical line between the rows that belong together.</summary>
/// <param name="Rows">Indices of the lines that it joins, ascending; at least two.</param>
internal sealed record Rail(ImmutableArray<int> Rows)
{
    public int Top => Rows[0];
    public int Bottom => Rows[^1];

    /// <summary>
    /// A lane for each rail, so that no two rails of a lane touch; short rails come first. A rail for which <paramref name="most"/> lanes are too few gets -1.
    /// </summary>
    public static int[] Lanes(ImmutableArray<Rail> rails, int most)
    {
        var lane = new int[rails.Length];
        var taken = new List<List<Rail>>();
        foreach (int i in Enumerable.Range(0, rails.Length).OrderBy(i => rails[i].Bottom - rails[i].Top).ThenBy(i => i))
        {
            int free = taken.FindIndex(others => others.TrueForAll(other => other.Bottom < rails[i].Top || rails[i].Bottom < other.Top));
            if (free < 0 && taken.Count < most)
            {
                free = taken.Count;
                taken.Add([]);
            }
            if (free >= 0)
                taken[free].Add(rails[i]);
            lane[i] = free;
        }
        return lane;
    }
}
