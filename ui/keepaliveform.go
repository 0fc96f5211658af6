package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// keepaliveForm is what the keepalive dialog lets one choose: a profile, own
// values, on or off, and a user timeout beside them.
type keepaliveForm struct {
	profiles []conn.Profile
	noKernel string // why the profile of the kernel is not among them, if there is something to say
	cursor   int    // of the rows
	picked   int    // the choice that holds while the cursor is on the user timeout
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

func newKeepaliveForm(kernel kernelOffer) keepaliveForm {
	own, timeout := textinput.New(), textinput.New()
	own.Prompt, timeout.Prompt = "", ""
	own.CharLimit, timeout.CharLimit = 32, 16
	f := keepaliveForm{own: own, timeout: timeout}
	f.offer(kernel)
	return f
}

// kernelOffer is the profile of the kernel, as far as there is one.
type kernelOffer struct {
	profile conn.Profile
	ok      bool
	why     string // there is none, if there is something to say
}

// kernelProfile is what the kernel's own settings mean for all of the targets:
// they are another in each network namespace.
func (m *Model) kernelProfile(targets []conn.Connection) kernelOffer {
	var offer kernelOffer
	for i := range targets {
		in := targets[i].NetNS
		if i > 0 && in.Inode == targets[i-1].NetNS.Inode {
			continue
		}
		p, ok := conn.KernelProfile(m.sysctlsOf(in))
		switch {
		case !ok:
			return kernelOffer{}
		case i > 0 && p.Params != offer.profile.Params:
			return kernelOffer{why: fmt.Sprintf("%v in %s, %v in %s: change one network namespace after the other",
				offer.profile.Params, conn.Printable(targets[0].NetNS.Name), p.Params, conn.Printable(in.Name))}
		}
		offer = kernelOffer{profile: p, ok: true}
	}
	return offer
}

// sysctlsOf is the settings of a network namespace.
func (m *Model) sysctlsOf(in conn.NetNS) conn.Sysctls {
	for i := range m.listing.intake.snapshot.Namespaces {
		if ns := &m.listing.intake.snapshot.Namespaces[i]; ns.NetNS.Inode == in.Inode {
			return ns.Sysctls
		}
	}
	return conn.Sysctls{}
}

// offer lists the profiles anew for other targets. What the cursor is on stays,
// but for the profile of the kernel where that is gone.
func (f *keepaliveForm) offer(kernel kernelOffer) {
	before := len(f.profiles)
	f.profiles, f.noKernel = conn.Profiles(), kernel.why
	fixed := len(f.profiles)
	if kernel.ok {
		f.profiles = append(f.profiles, kernel.profile)
	}
	if before == 0 {
		return
	}
	shift := func(row *int) {
		if *row >= fixed {
			*row = max(fixed-1, *row+len(f.profiles)-before)
		}
	}
	shift(&f.cursor)
	shift(&f.picked)
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
	k, input := &m.keys, f.input()
	switch {
	case input != nil && msg.Type == tea.KeyRunes: // letters are text there
		f.typed(msg)
	case key.Matches(msg, k.Cancel, k.Quit):
		m.action = nil
	case key.Matches(msg, k.Up):
		f.move(-1)
	case key.Matches(msg, k.Down):
		f.move(1)
	case key.Matches(msg, k.Whom):
		a.reach = m.nextReach(a.reach)
		return m.gather(a)
	case key.Matches(msg, k.Accept):
		if _, err := f.setting(); err != nil {
			return nil // the dialog shows what is wrong
		}
		if len(a.targets) == 1 {
			return m.start(a)
		}
		a.phase = phaseConfirm
	case key.Matches(msg, k.Pick):
		f.picked = f.choice()
	case input != nil:
		f.typed(msg)
	}
	return nil
}

// typed hands a key to the text field of the row under the cursor.
func (f *keepaliveForm) typed(msg tea.KeyMsg) {
	f.picked = f.choice()
	input := f.input()
	*input, _ = input.Update(msg)
}

// consequence is how a choice is described in the dialog: what the worst
// detection time becomes.
func consequence(p conn.Params, userTimeout time.Duration) string {
	return "a dead peer is found after " + conn.Span(p.DetectsIn(userTimeout))
}
