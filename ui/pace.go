package ui

import "time"

// DefaultMaxCPU is the share of one core that polling may take before the
// interval stretches.
const DefaultMaxCPU = 0.10

// paceStep is what a stretched interval is rounded up to, so that the number in
// the header stands still.
const paceStep = 100 * time.Millisecond

// pace keeps what polling costs under a share of one core: where a round, from
// the question to the kernel to the rows on the screen, costs more than that
// share of the interval, the interval stretches.
type pace struct {
	spent func() time.Duration // processor time of the whole program; nil: not known, so nothing stretches
	most  float64              // of one core

	rounds int
	began  time.Duration // what had been spent when the present round began
	cost   time.Duration // of a round, as the last ones were on average
}

func (p *pace) begin() {
	if p.spent != nil {
		p.began = p.spent()
	}
}

// uncounted are the first rounds, which tell nothing of later ones: they read
// everything anew and load what is loaded once.
const uncounted = 2

// weight is how much a round counts against those before it: one in so many. A
// single dear one (every socket's owner is looked for anew from time to time) is
// not what looking costs.
const weight = 4

// end ends a round.
func (p *pace) end() {
	if p.spent == nil {
		return
	}
	cost := p.spent() - p.began
	switch p.rounds++; {
	case p.rounds <= uncounted:
	case p.rounds == uncounted+1:
		p.cost = cost
	default:
		p.cost += (cost - p.cost) / weight
	}
}

// stretch is the interval to wait where asked is what the user wants.
func (p *pace) stretch(asked time.Duration) time.Duration {
	if p.most <= 0 {
		return asked
	}
	least := time.Duration(float64(p.cost) / p.most)
	if least <= asked {
		return asked
	}
	return min((least + paceStep - 1).Truncate(paceStep), max(MaxInterval, asked))
}
