package table

// Align is the side of its column that a text keeps to.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Right
)

// Column describes one column. Widths are in columns of the terminal.
type Column struct {
	Key      string // names it, as in SetSort
	Title    string
	Min      int  // it is dropped rather than drawn narrower than this
	Ideal    int  // it grows to this first, the most important columns before the others
	Max      int  // it never grows beyond this; 0: no limit. After a column of 1, a symbol, one blank is enough
	Flex     int  // its share of what is left when every column has its Ideal; 0: none
	Priority int  // where room is short, the column with the highest number goes first
	Whole    bool // it is never narrower than Ideal: an address cut short is no address
	Align    Align
	// KeepAfter, if not 0, is the sign before a part that stays when the text must
	// be cut: the PID of "name/4242".
	KeepAfter byte
}

// least is the width below which the column is dropped.
func (c *Column) least() int {
	if c.Whole {
		return max(c.Min, c.ideal(), 1)
	}
	return max(c.Min, 1)
}

func (c *Column) ideal() int {
	if c.Max > 0 {
		return min(c.Ideal, c.Max)
	}
	return c.Ideal
}

func (c *Column) mayGrow(width int) bool { return c.Flex > 0 && (c.Max == 0 || width < c.Max) }

func (c *Column) gapAfter(gap int) int {
	if c.Max == 1 {
		return narrow
	}
	return gap
}
