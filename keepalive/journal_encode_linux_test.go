package keepalive

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// A line is what encoding/json writes, whatever stands in it and whatever is
// left out.
func TestEncode(t *testing.T) {
	t.Parallel()
	times := []time.Time{
		{}, time.Date(2024, 11, 20, 10, 30, 0, 123456000, time.UTC), time.Date(2024, 1, 2, 3, 4, 5, 0, time.FixedZone("", -9000)),
	}
	addresses := []netip.AddrPort{
		{}, netip.MustParseAddrPort("192.0.2.7:443"), netip.MustParseAddrPort("[2001:db8::1]:65535"),
		netip.MustParseAddrPort("[::ffff:192.0.2.7]:1"), netip.MustParseAddrPort("[fe80::1%eth\"0]:2"),
	}
	texts := []string{"", "plain ~", "a\nb\t\"\\/", "<script>&", "\x1b[2J\x00\x7f\u0085", "\xff\xfe", "\u2028é漢", "\x7e\x7f"}
	entries := []entry{{}}
	// Each round fills every field, with another value each time.
	for round := range 40 {
		var e entry
		fillFields(reflect.ValueOf(&e).Elem(), round, func(into reflect.Value, n int) bool {
			switch into.Interface().(type) {
			case time.Time:
				into.Set(reflect.ValueOf(times[n%len(times)]))
			case netip.AddrPort:
				into.Set(reflect.ValueOf(addresses[n%len(addresses)]))
			case string:
				into.SetString(texts[n%len(texts)])
			default:
				return false
			}
			return true
		})
		entries = append(entries, e)
	}
	for _, e := range entries {
		got, err := e.encode([]byte("before\n"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("before\n"+string(want)+"\n", string(got)); diff != "" {
			t.Errorf("(-encoding/json +got)\n%s", diff)
		}
	}
	if _, err := (&entry{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}).encode(nil); err == nil {
		t.Error("a year of five digits is written")
	}
}

// Where nothing takes an escape, a line needs no memory but its own.
func TestEncodeAllocatesNothing(t *testing.T) {
	l := testLog(t, conn.ActionKeepalive)
	e := someEntry(l, 7, "postgres")
	e.Connection.Local, e.Connection.Remote = netip.MustParseAddrPort("192.0.2.7:443"), netip.MustParseAddrPort("[2001:db8::1]:1")
	room := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { _, _ = e.encode(room) }); n > 0 {
		t.Errorf("%v allocations for a line, want none", n)
	}
}

// fillFields fills all fields of a struct, some of the numbers with 0 and some of the
// pointers with nil, unless special does it. It fails for a kind of field that it
// does not know.
func fillFields(v reflect.Value, n int, special func(reflect.Value, int) bool) {
	for i := range v.NumField() {
		f := v.Field(i)
		n = (n*7 + i) % 1009
		if special(f, n) {
			continue
		}
		value := n % 5 * 1000003
		switch f.Kind() {
		case reflect.Int, reflect.Int32, reflect.Int64:
			f.SetInt(int64(-value))
		case reflect.Uint32, reflect.Uint64:
			f.SetUint(uint64(value))
		case reflect.Bool:
			f.SetBool(n%2 == 0)
		case reflect.Pointer:
			if n%3 == 0 {
				continue
			}
			f.Set(reflect.New(f.Type().Elem()))
			if f.Elem().Kind() == reflect.Bool {
				f.Elem().SetBool(n%2 == 0)
				continue
			}
			fillFields(f.Elem(), n, special)
		default:
			panic(f.Kind())
		}
	}
}
