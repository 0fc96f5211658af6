package theme

// Role is what a piece of text means.
type Role uint8

// The roles.
const (
	Text       Role = iota // ordinary text, in the terminal's own colour
	Muted                  // secondary text: units, labels, descriptions
	Faint                  // what may be overlooked: absent values, the past
	Rule                   // lines, borders and scroll tracks; decoration only
	Title                  // the name of what is shown
	Accent                 // the one thing to look at: prompt, counts, active tab
	Breadcrumb             // the places above the present one, whose own role is Title
	Key                    // a key in the help; its description is Muted
	Error                  // what failed
	Header                 // titles of columns
	Sorted                 // title of the column that the rows are sorted by
	Mark                   // the sign of a marked row
	Thumb                  // the moving part of a scroll bar

	OK       // severity: nothing wrong
	Notice   // severity: worth knowing
	Warning  // severity: look at it
	Critical // severity: dead or dying

	KeepaliveOn      // SO_KEEPALIVE is set
	KeepaliveOff     // SO_KEEPALIVE is not set
	KeepaliveUnknown // it could not be told
	Inferred         // concluded, not read: goes with Symbols.Inferred

	StateOpening    // SYN-SENT, SYN-RECV
	StateOpen       // ESTABLISHED
	StatePeerClosed // CLOSE-WAIT: the local program has to act
	StateClosing    // FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK, CLOSE
	StateTimeWait   // TIME-WAIT
	StateListen     // LISTEN

	BarFull   // the filled part of a bar
	BarEmpty  // the rest of a bar
	Sparkline // a small course over time

	roleCount
)

// Ground is what a row lies on: a set of Selected, Marked and Gone.
type Ground uint8

// The grounds. Selected hides the tint of Marked; the mark's sign stays.
const (
	Selected Ground = 1 << iota // under the cursor
	Marked                      // chosen for an action
	Gone                        // no longer there: faint and struck through, whatever the role

	Plain       Ground = 0
	groundCount        = 1 << 3
)
