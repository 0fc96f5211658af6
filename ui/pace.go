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
	cost   time.Duration // of a round, as the last ones were
}

func (p *pace) begin() {
	if p.spent != nil {
		p.began = p.spent()
	}
}

// end ends a round. The first one reads everything that later ones need not
// read again: it tells nothing of them. Costs fall by halves, so that one cheap
// round among dear ones changes little.
func (p *pace) end() {
	if p.spent == nil {
		return
	}
	if p.rounds++; p.rounds == 1 {
		return
	}
	now := p.spent() - p.began
	p.cost = max(now, (p.cost+now)/2)
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
