namespace OrphanBoard.Agent.Guarding.Reports.Picture;

/// <summary>A field of cells in which lines run; where they meet, the character that joins them.</summary>
internal sealed class LineCells(int rows, int columns)
{
    private const int Up = 1, Down = 2, Left = 4, Right = 8;

    private readonly int[,] _cells = new int[rows, columns];

    public int Columns { get; } = columns;

    public void Vertical(int column, int top, int bottom)
    {
        for (int row = top; row <= bottom; row++)
            _cells[row, column] |= (row > top ? Up : 0) | (row < bottom ? Down : 0);
    }

    /// <summary>Each end has half a line only: there it joins what else is in that cell.</summary>
    public void Horizontal(int row, int left, int right)
    {
        for (int column = left; column <= right; column++)
            _cells[row, column] |= (column > left ? Left : 0) | (column < right ? Right : 0);
    }

    public string Row(int row, bool unicode) => string.Create(Columns, (this, row, unicode), static (text, state) =>
    {
        // A line that crosses another never joins it: lines join at ends alone. In ASCII the vertical one passes over the other.
        string characters = state.unicode ? " │││─┘┐┤─└┌├─┴┬┼" : " |||-+++-+++-++|";
        for (int column = 0; column < text.Length; column++)
            text[column] = characters[state.Item1._cells[state.row, column]];
    });
}
