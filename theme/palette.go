package theme

import "github.com/charmbracelet/lipgloss"

// look is how a role looks.
type look struct {
	fg               lipgloss.CompleteAdaptiveColor
	bold             bool
	italic           bool
	underlineNoColor bool // where there is no colour, to be told apart
}

// tone is one colour in truecolor, of the 256 and of the 16. An empty one is
// the terminal's own foreground.
func tone(trueColor, ansi256, ansi16 string) lipgloss.CompleteColor {
	return lipgloss.CompleteColor{TrueColor: trueColor, ANSI256: ansi256, ANSI: ansi16}
}

func adaptive(dark, light lipgloss.CompleteColor) lipgloss.CompleteAdaptiveColor {
	return lipgloss.CompleteAdaptiveColor{Dark: dark, Light: light}
}

// The hues. The 16 colours belong to the user: on dark blue and bright black,
// on light green, yellow and cyan are too often illegible, so none of them
// carries text.
var (
	ownInk = adaptive(tone("", "", ""), tone("", "", ""))
	grey   = adaptive(tone("#a3abc0", "248", "7"), tone("#565e6e", "240", "8"))
	ash    = adaptive(tone("#7f879f", "245", "7"), tone("#6b7382", "242", "8"))
	line   = adaptive(tone("#454c68", "239", "8"), tone("#b4bac6", "249", "8"))
	blue   = adaptive(tone("#86b0ff", "111", "14"), tone("#1f55c0", "25", "4"))
	sky    = adaptive(tone("#7cc7e8", "117", "6"), tone("#07648a", "24", "4"))
	green  = adaptive(tone("#8cc48a", "114", "2"), tone("#276b34", "22", ""))
	teal   = adaptive(tone("#6fcab0", "79", "2"), tone("#0f6a5b", "23", ""))
	amber  = adaptive(tone("#e8b866", "179", "11"), tone("#875000", "94", "5"))
	sand   = adaptive(tone("#e0a582", "216", "11"), tone("#8a4616", "94", "5"))
	red    = adaptive(tone("#ff8a8a", "210", "9"), tone("#b01c22", "124", "1"))
	violet = adaptive(tone("#b9adf5", "147", "13"), tone("#6240b0", "55", "5"))
)

// The ground of selected and marked rows, and the ink of Text on it. The 16
// colours have no quiet backgrounds: there a selected row is black on cyan
// throughout, and a marked one is bold.
var (
	selectedGround = adaptive(tone("#303960", "237", "6"), tone("#dae4f8", "254", "6"))
	markedGround   = adaptive(tone("#37301f", "235", ""), tone("#f8efd6", "230", ""))
	groundInk      = adaptive(tone("#e9ecf5", "255", "0"), tone("#171a24", "234", "0"))
)

var looks = [roleCount]look{
	Text:       {fg: ownInk},
	Muted:      {fg: grey},
	Faint:      {fg: ash},
	Rule:       {fg: line},
	Title:      {fg: ownInk, bold: true},
	Accent:     {fg: blue, bold: true},
	Breadcrumb: {fg: grey},
	Key:        {fg: blue, bold: true},
	Error:      {fg: red, bold: true},
	Header:     {fg: grey, bold: true},
	Sorted:     {fg: blue, bold: true, underlineNoColor: true},
	Mark:       {fg: amber, bold: true},
	Thumb:      {fg: ash},

	OK:       {fg: green},
	Notice:   {fg: sky},
	Warning:  {fg: amber},
	Critical: {fg: red, bold: true},

	KeepaliveOn:      {fg: teal},
	KeepaliveOff:     {fg: sand},
	KeepaliveUnknown: {fg: ash},
	Inferred:         {fg: grey, italic: true},

	StateOpening:    {fg: sky},
	StateOpen:       {fg: ownInk},
	StatePeerClosed: {fg: amber},
	StateClosing:    {fg: grey},
	StateTimeWait:   {fg: ash},
	StateListen:     {fg: violet},

	BarFull:   {fg: blue},
	BarEmpty:  {fg: line},
	Sparkline: {fg: teal},
}
