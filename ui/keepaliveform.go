package ui

import (
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// keepaliveForm is what the keepalive dialog lets one choose: a profile, own
// values, on or off, and a user timeout beside them.
type keepaliveForm struct {
	profiles []conn.Profile
	cursor   int // of the rows
	picked   int // the choice that holds while the cursor is on the user timeout
	own      textinput.Model
	timeout  textinput.Model
}

// The rows below the profiles, in order.
const (
	rowOwn = iota
	rowOn
	rowOff
	rowTimeout
	formRowsBelow
)

func newKeepaliveForm(s conn.Sysctls) keepaliveForm {
	profiles := conn.Profiles()
	if kernel, ok := conn.KernelProfile(s); ok {
		profiles = append(profiles, kernel)
	}
	own, timeout := textinput.New(), textinput.New()
	own.Prompt, timeout.Prompt = "", ""
	own.CharLimit, timeout.CharLimit = 32, 16
	return keepaliveForm{profiles: profiles, own: own, timeout: timeout}
}

func (f *keepaliveForm) rows() int { return len(f.profiles) + formRowsBelow }

// below is which of the rows below the profiles the cursor is on, -1 for none.
func (f *keepaliveForm) below(row int) int { return row - len(f.profiles) }

// choice is the row that Enter would go on with: the one under the cursor, and
// on the user timeout the one that was picked for it.
func (f *keepaliveForm) choice() int {
	if f.below(f.cursor) == rowTimeout {
		return f.picked
	}
	return f.cursor
}

// move puts the cursor on another row.
func (f *keepaliveForm) move(n int) {
	f.cursor = max(0, min(f.rows()-1, f.cursor+n))
	f.own.Blur()
	f.timeout.Blur()
	if input := f.input(); input != nil {
		input.Focus()
	}
}

// input is the text field of the row under the cursor.
func (f *keepaliveForm) input() *textinput.Model {
	switch f.below(f.cursor) {
	case rowOwn:
		return &f.own
	case rowTimeout:
		return &f.timeout
	}
	return nil
}

// setting is what is chosen, or what is wrong with it.
func (f *keepaliveForm) setting() (conn.Setting, error) {
	s, err := f.picking()
	if err != nil {
		return s, err
	}
	if text := strings.TrimSpace(f.timeout.Value()); text != "" {
		d, err := conn.ParseUserTimeout(text)
		if err != nil {
			return s, err
		}
		s.UserTimeout, s.SetUserTimeout = d, true
	}
	return s, s.Validate()
}

func (f *keepaliveForm) picking() (conn.Setting, error) {
	switch below := f.below(f.choice()); below {
	case rowOn:
		return conn.Setting{State: conn.KeepaliveOn}, nil
	case rowOff:
		return conn.Setting{State: conn.KeepaliveOff}, nil
	case rowOwn:
		p, err := conn.ParseParams(strings.TrimSpace(f.own.Value()))
		return conn.Setting{State: conn.KeepaliveOn, Params: p}, err
	}
	return f.profiles[f.choice()].Setting(), nil
}

// chosenSetting is the setting of a form that has been accepted.
func (f *keepaliveForm) chosenSetting() conn.Setting {
	s, _ := f.setting()
	return s
}

// pressForm handles a key of the keepalive dialog.
func (m *Model) pressForm(msg tea.KeyMsg) tea.Cmd {
	a := m.action
	f := &a.form
	typing := f.input() != nil
	switch k := msg.String(); {
	case k == "esc" || k == "ctrl+c" || k == "q" && !typing:
		m.action = nil
	case k == "up" || k == "k" && !typing:
		f.move(-1)
	case k == "down" || k == "j" && !typing:
		f.move(1)
	case k == "tab":
		a.reach = m.nextReach(a.reach)
		a.targets = m.targets(a.reach)
	case k == "enter":
		if _, err := f.setting(); err != nil {
			return nil // the dialog shows what is wrong
		}
		if len(a.targets) == 1 {
			return m.start(a)
		}
		a.phase = phaseConfirm
	case k == " ":
		f.picked = f.choice()
	case typing:
		f.picked = f.choice()
		input := f.input()
		*input, _ = input.Update(msg)
	}
	return nil
}

// consequence is how a choice is described in the dialog: what the worst
// detection time becomes.
func consequence(p conn.Params, userTimeout time.Duration) string {
	return "a dead peer is found after " + conn.Span(p.DetectsIn(userTimeout))
}
