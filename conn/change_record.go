package conn

import "time"

// ActionKind says what a command of the journal did.
type ActionKind uint8

// The kinds of commands.
const (
	ActionKeepalive ActionKind = 1 + iota // changed options
	ActionProbe                           // checked whether the peer lives
	ActionKill                            // ended connections
	ActionUndo                            // took the changes of another command back
)

var actionNames = [...]string{"unknown", "keepalive", "probe", "kill", "undo"}

// String names the kind as the journal has it.
func (k ActionKind) String() string {
	if int(k) >= len(actionNames) {
		return actionNames[0]
	}
	return actionNames[k]
}

// ParseActionKind reads the name of a kind.
func ParseActionKind(name string) (ActionKind, bool) {
	for k := ActionKeepalive; k <= ActionUndo; k++ {
		if actionNames[k] == name {
			return k, true
		}
	}
	return 0, false
}

// Author is who gave a command.
type Author struct {
	UID      uint32
	User     string // of UID; "" when the UID has no name
	SudoUID  uint32 // who called sudo(8), if SudoUser is not ""
	SudoUser string
	PID      int32 // of the katop that ran it
}

// Action is one command of the journal.
type Action struct {
	ID      string // sortable: later commands have greater ones
	At      time.Time
	Kind    ActionKind
	By      Author
	Undoes  string   // ActionUndo: the ID of the command that it took back
	Undone  bool     // another command took it back
	Results []Result // OutcomeUnknown where katop was killed in the middle
}

// Undoable tells whether there is something for undo to take back.
func (a *Action) Undoable() bool {
	if a.Kind != ActionKeepalive || a.Undone {
		return false
	}
	for i := range a.Results {
		if a.Results[i].Changed() {
			return true
		}
	}
	return false
}

// Changed tells whether the connection may be other than before.
func (r *Result) Changed() bool {
	switch r.Outcome {
	case OutcomeDone, OutcomeDiffers, OutcomeUnknown:
		return true
	}
	return false
}
