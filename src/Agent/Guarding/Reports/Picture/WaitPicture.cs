using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports.Picture;

/// <summary>
/// A finding as a picture in text: processes from top to bottom, at the left a rail to each from all that wait for it, at the right one that joins
/// all fds on the same object.
/// <code>
///        ● runner (12)   1 thread in do_wait
///   ┌─────── waits for exit → worker (13)
///   └──► ● worker (13)   1 thread in pipe_read
///            reads A to its end → itself
///            fd 5      read   A pipe 4711 ◄──┐
///            fd 6      write  A pipe 4711 ───┘ ◄ CULPRIT
/// </code>
/// </summary>
internal sealed class WaitPicture
{
    private const int MaxWaitLanes = 8, MaxDataLanes = 8;

    /// <summary>Columns: of the margin, of a lane, between the last lane and a name, and by which waits and fds stand below a name.</summary>
    private const int Margin = 2, Lane = 2, Stub = 3, Indent = 4;

    private readonly TextStyle _style;
    private readonly ImmutableArray<PictureLine> _lines;
    private readonly LineCells _left, _right;
    private readonly int _names;

    private WaitPicture(ImmutableArray<PictureLine> lines, TextStyle style)
    {
        (_lines, _style) = (lines, style);
        (_left, _names) = WaitRails();
        _right = DataRails();
    }

    /// <summary>At most <see cref="TextStyle.Columns"/> wide; nothing where there is nobody to draw.</summary>
    public static void Write(TextWriter output, Finding finding, TextStyle style)
    {
        var teller = new PictureTeller(finding, style);
        if (teller.Processes > 0)
            new WaitPicture(teller.Lines(), style).Write(output);
    }

    private void Write(TextWriter output)
    {
        bool anyCulprit = _lines.Any(line => line is FdLine { Culprit: true });
        string mark = _style.Unicode ? " ◄ CULPRIT" : " < CULPRIT";
        int end = _style.Columns - (anyCulprit ? mark.Length : 0) - (_right.Columns > 0 ? _right.Columns + 2 : 0);
        string[] texts = [.. _lines.Select(line => Shown.Fit(Text(line), end - Start(line), _style))];
        string[] data = [.. _lines.Select((_, row) => _right.Row(row, _style.Unicode))];

        // Rails at the right begin where no text is in their way.
        int widest = 0;
        for (int row = 0; row < _lines.Length; row++)
        {
            if (_lines[row] is FdLine || !string.IsNullOrWhiteSpace(data[row]))
                widest = Math.Max(widest, Start(_lines[row]) + Shown.Columns(texts[row]));
        }
        for (int row = 0; row < _lines.Length; row++)
        {
            PictureLine line = _lines[row];
            int free = widest - Start(line) - Shown.Columns(texts[row]);
            bool culprit = line is FdLine { Culprit: true };
            bool bare = texts[row].Length == 0 && string.IsNullOrWhiteSpace(data[row]);
            string shown = _style.Warn(bare ? Rails(row).TrimEnd() : Rails(row)) + Painted(line, texts[row]);
            if (culprit || !string.IsNullOrWhiteSpace(data[row]))
                shown += _style.Faint(Gap(line, data[row], free) + (culprit ? data[row] : data[row].TrimEnd()));
            output.WriteLine(culprit ? shown + _style.Loud(mark) : shown);
        }
    }

    private int Start(PictureLine line) => line is HeadLine or GapLine ? _names : _names + Indent;

    private string Rails(int row)
    {
        string rails = _left.Row(row, _style.Unicode)[..Start(_lines[row])];
        return _lines[row] is HeadLine && rails[^2] != ' ' ? $"{rails[..^2]}{(_style.Unicode ? '►' : '>')} " : rails;
    }

    private string Gap(PictureLine line, string data, int free)
    {
        if (line is not FdLine fd || data.Length == 0 || data[0] == ' ')
            return new string(' ', free + 2);
        char run = _style.Unicode ? '─' : '-';
        return $" {(fd.Reads ? _style.Unicode ? '◄' : '<' : run)}{new string(run, free)}";
    }

    private string Text(PictureLine line) => line switch
    {
        // A mark comes first: no line may begin with what a stranger has named.
        HeadLine head => $"{(_style.Unicode ? '●' : 'o')} {head.Text}{(head.Note.Length == 0 ? "" : $"   {head.Note}")}",
        NoteLine => $"({line.Text})",
        _ => line.Text,
    };

    private string Painted(PictureLine line, string text) => line switch
    {
        HeadLine { Culprit: true } or FdLine { Culprit: true } => _style.Loud(text),
        HeadLine => _style.Strong(text),
        NoteLine => _style.Faint(text),
        _ => text,
    };

    /// <summary>One rail for each process that somebody waits for, the shortest next to the names.</summary>
    private (LineCells, int Names) WaitRails()
    {
        var joined = Enumerable.Range(0, _lines.Length)
            .Where(row => _lines[row] is HeadLine or WaitLine { To: not null })
            .ToLookup(row => _lines[row] is HeadLine head ? head.Process : ((WaitLine)_lines[row]).To!.Value);
        ImmutableArray<Rail> rails = [.. joined.Where(rows => rows.Count() > 1).Select(rows => new Rail([.. rows]))];
        int[] lane = Rail.Lanes(rails, MaxWaitLanes);
        int lanes = lane.DefaultIfEmpty(-1).Max() + 1;
        int names = Margin + (lanes == 0 ? 0 : lanes * Lane + Stub);
        var cells = new LineCells(_lines.Length, names + Indent);
        for (int i = 0; i < rails.Length; i++)
        {
            if (lane[i] < 0)
                continue;
            int column = Margin + (lanes - 1 - lane[i]) * Lane;
            cells.Vertical(column, rails[i].Top, rails[i].Bottom);
            foreach (int row in rails[i].Rows)
                cells.Horizontal(row, column, names - 2 + (_lines[row] is HeadLine ? 0 : Indent));
        }
        return (cells, names);
    }

    /// <summary>One rail for each object of which several lines tell.</summary>
    private LineCells DataRails()
    {
        var joined = Enumerable.Range(0, _lines.Length).Where(row => _lines[row] is FdLine).ToLookup(row => ((FdLine)_lines[row]).Resource);
        ImmutableArray<Rail> rails = [.. joined.Where(rows => rows.Count() > 1).Select(rows => new Rail([.. rows]))];
        int[] lane = Rail.Lanes(rails, MaxDataLanes);
        var cells = new LineCells(_lines.Length, (lane.DefaultIfEmpty(-1).Max() + 1) * Lane);
        for (int i = 0; i < rails.Length; i++)
        {
            if (lane[i] < 0)
                continue;
            int column = 1 + lane[i] * Lane;
            cells.Vertical(column, rails[i].Top, rails[i].Bottom);
            foreach (int row in rails[i].Rows)
                cells.Horizontal(row, 0, column);
        }
        return cells;
    }
}
