package ui

import "github.com/charmbracelet/bubbles/key"

// KeyMap is every key of the monitor. The foot, the help and docs/keys.md are
// made from it, so they cannot say anything else. Where two bindings of a stage
// have a key in common, it belongs to the one that stage lists first.
type KeyMap struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Home, End key.Binding
	Open, Back                                              key.Binding
	Connections, Processes, Listeners                       key.Binding
	TimeWait, Events, Advice, Switch                        key.Binding
	Filter, SortLeft, SortRight, Reverse, Columns           key.Binding
	Mark, MarkAll, Unmark                                   key.Binding
	Freeze, Slower, Faster                                  key.Binding
	CopyAddress, CopyPID                                    key.Binding
	Keepalive, Probe, Kill, Undo, Journal                   key.Binding
	Help, Quit                                              key.Binding
	// Of what is in front of a view: dialogs and lines to type on.
	Accept, Cancel, Pick, Whom key.Binding
	Yes, No, Stop, Dismiss     key.Binding
}

// DefaultKeyMap has arrows and vim's keys side by side.
func DefaultKeyMap() KeyMap {
	bind := func(shown, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	return KeyMap{
		Up:          bind("↑/k", "up", "up", "k"),
		Down:        bind("↓/j", "down", "down", "j"),
		PageUp:      bind("PgUp", "page up", "pgup", "ctrl+b"),
		PageDown:    bind("PgDn", "page down", "pgdown", "ctrl+f"),
		HalfUp:      bind("^u", "half a page up", "ctrl+u"),
		HalfDown:    bind("^d", "half a page down", "ctrl+d"),
		Home:        bind("Home/g", "first", "home", "g"),
		End:         bind("End/G", "last", "end", "G"),
		Open:        bind("Enter/l", "open", "enter", "right", "l"),
		Back:        bind("Esc/h", "back", "esc", "left", "h", "backspace"),
		Connections: bind("1", "connections", "1"),
		Processes:   bind("2", "processes", "2"),
		Listeners:   bind("3", "listeners", "3"),
		TimeWait:    bind("4", "TIME-WAIT", "4"),
		Events:      bind("5", "events", "5"),
		Advice:      bind("6", "advice", "6"),
		Switch:      bind("Tab", "other half, next remedy", "tab"),
		Filter:      bind("/", "filter", "/"),
		SortLeft:    bind("<", "sort left", "<", ","),
		SortRight:   bind(">", "sort right", ">", "."),
		Reverse:     bind("r", "reverse", "r"),
		Columns:     bind("c", "columns", "c"),
		Mark:        bind("Space", "mark", " "),
		MarkAll:     bind("a", "mark all shown", "a"),
		Unmark:      bind("U", "clear the marks", "U"),
		Freeze:      bind("f", "freeze", "f"),
		Slower:      bind("+", "longer interval", "+", "="),
		Faster:      bind("-", "shorter interval", "-", "_"),
		CopyAddress: bind("y", "copy address or remedy", "y"),
		CopyPID:     bind("Y", "copy PID", "Y"),
		Keepalive:   bind("K", "keepalive", "K"),
		Probe:       bind("p", "check peer", "p"),
		Kill:        bind("x", "kill", "x"),
		Undo:        bind("u", "undo", "u"),
		Journal:     bind("J", "journal", "J"),
		Help:        bind("?", "help", "?", "f1"),
		Quit:        bind("q", "quit", "q", "ctrl+c"),

		Accept:  bind("Enter", "go on", "enter"),
		Cancel:  bind("Esc", "cancel", "esc", "ctrl+c"),
		Pick:    bind("Space", "pick", " "),
		Whom:    bind("Tab", "for whom", "tab"),
		Yes:     bind("y", "yes", "y", "Y"),
		No:      bind("n", "no", "n", "N", "esc", "q", "ctrl+c"),
		Stop:    bind("Esc", "stop; what is done stays done", "esc", "ctrl+c"),
		Dismiss: bind("Esc", "dismiss", "esc", "enter", "left", "h", "backspace", "q", "ctrl+c"),
	}
}

// setActing switches the keys that change something on or off. Keys that are
// off do nothing and are not in the help.
func (k *KeyMap) setActing(on bool) {
	for _, b := range []*key.Binding{&k.Keepalive, &k.Probe, &k.Kill, &k.Undo, &k.Journal} {
		b.SetEnabled(on)
	}
}

// views are the keys of the views, in their order.
func (k *KeyMap) views() []key.Binding {
	return []key.Binding{k.Connections, k.Processes, k.Listeners, k.TimeWait, k.Events, k.Advice}
}

// section is a titled part of the help page.
type section struct {
	title string
	keys  []key.Binding
}

// sections is the whole help, in the order of the help page.
func (k *KeyMap) sections() []section {
	return []section{
		{"Move", []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown, k.Home, k.End}},
		{"Go", append(k.views(), k.Switch, k.Open, k.Back, k.Help, k.Quit)},
		{"List", []key.Binding{k.Filter, k.SortLeft, k.SortRight, k.Reverse, k.Columns, k.Mark, k.MarkAll, k.Unmark}},
		{"Act", []key.Binding{k.Keepalive, k.Probe, k.Kill, k.Undo, k.Journal}},
		{"Time", []key.Binding{k.Freeze, k.Slower, k.Faster}},
		{"Copy", []key.Binding{k.CopyAddress, k.CopyPID}},
	}
}
