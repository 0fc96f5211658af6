package conn

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestForesee(t *testing.T) {
	t.Parallel()
	owned := func(k Keepalive) Connection {
		return Connection{State: StateEstablished, Owners: []Owner{{PID: 1, FD: 3}}, Keepalive: k}
	}
	off := owned(readAs(KeepaliveOff, params(7200, 75, 9), 0))
	slow := owned(readAs(KeepaliveOn, params(7200, 75, 9), 0))
	general := owned(readAs(KeepaliveOn, params(300, 30, 3), 0))
	limited := owned(readAs(KeepaliveOn, params(300, 30, 3), 500*time.Second))
	unread := owned(Keepalive{})
	inferred := owned(Keepalive{State: KeepaliveOff, Source: SourceInferred})
	orphan := off
	orphan.Owners = nil
	minisock := Connection{State: StateTimeWait}
	toGeneral := Profiles()[0].Setting()

	tests := []struct {
		name    string
		setting Setting
		conns   []Connection
		want    Forecast
	}{
		{"none", toGeneral, nil, Forecast{}},
		{
			"mixed", toGeneral, []Connection{off, slow, general, limited, orphan, minisock},
			Forecast{
				Changed: 2, Same: 2, Unreachable: 2,
				Before: Guard{Worst: Never, ProbesPerSecond: 1./7200 + 2./300, Known: 4},
				After:  Guard{Worst: 510 * time.Second, ProbesPerSecond: 4. / 300, Known: 4},
			},
		},
		{
			"off", Setting{State: KeepaliveOff}, []Connection{slow, general},
			Forecast{
				Changed: 2,
				Before:  Guard{Worst: 7875 * time.Second, ProbesPerSecond: 1./7200 + 1./300, Known: 2},
				After:   Guard{Worst: Never, Known: 2},
			},
		},
		{
			"one part", Setting{Params: params(60, 0, 0)}, []Connection{general},
			Forecast{
				Changed: 1,
				Before:  Guard{Worst: 390 * time.Second, ProbesPerSecond: 1. / 300, Known: 1},
				After:   Guard{Worst: 150 * time.Second, ProbesPerSecond: 1. / 60, Known: 1},
			},
		},
		{
			// What the user timeout is, and so what becomes of them, is not known.
			"not read", toGeneral, []Connection{unread, inferred},
			Forecast{Unread: 2, Before: Guard{Worst: Never, Known: 1}},
		},
		{
			"not read, all set", Setting{State: KeepaliveOn, Params: params(300, 30, 3), SetUserTimeout: true}, []Connection{unread},
			Forecast{Unread: 1, After: Guard{Worst: 390 * time.Second, ProbesPerSecond: 1. / 300, Known: 1}},
		},
		{
			"not read, off", Setting{State: KeepaliveOff}, []Connection{unread},
			Forecast{Unread: 1, After: Guard{Worst: Never, Known: 1}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.setting.Foresee(tt.conns)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if math.IsNaN(got.After.ProbesPerSecond) {
				t.Error("probes per second are not a number")
			}
		})
	}
	if off.Keepalive.State != KeepaliveOff || off.Keepalive.Params != params(7200, 75, 9) {
		t.Error("Foresee has changed a connection")
	}
}
