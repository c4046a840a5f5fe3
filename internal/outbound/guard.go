package outbound

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"

	"code.dny.dev/ssrf"
)

// Rule names the reason why the guard refuses an address.
type Rule string

// The rules of the guard, in the order in which they are looked at.
const (
	RuleMetadata    Rule = "metadata"    // where clouds tell a machine its secrets
	RuleLoopback    Rule = "loopback"    // the machine itself
	RuleUnspecified Rule = "unspecified" // "this network": on most systems the machine itself
	RulePrivate     Rule = "private"     // the operator's own network (RFC 1918, RFC 4193)
	RuleLinkLocal   Rule = "link_local"
	RuleShared      Rule = "shared" // between a provider and its customers (RFC 6598, "CGNAT")
	RuleMulticast   Rule = "multicast"
	RuleMapped      Rule = "mapped"   // an IPv4 address in IPv6 clothes (::ffff:x)
	RuleEmbedded    Rule = "embedded" // an IPv6 address that a gateway turns into an IPv4 one: NAT64, 6to4, Teredo
	RuleReserved    Rule = "reserved" // every other special-purpose address of the IANA registries
)

// wireServer is Azure's metadata and health address: public by its number, and the one that ssrf lets through.
var wireServer = netip.MustParsePrefix("168.63.129.16/32")

// rules names the rule of an address; the first that contains it counts. It does not decide: [ssrf.Guardian] does.
var rules = []struct {
	prefix netip.Prefix
	rule   Rule
}{
	{netip.MustParsePrefix("169.254.169.254/32"), RuleMetadata}, // AWS, Azure, GCP and most others
	{netip.MustParsePrefix("169.254.170.2/32"), RuleMetadata},   // AWS ECS
	{netip.MustParsePrefix("fd00:ec2::254/128"), RuleMetadata},  // AWS
	{netip.MustParsePrefix("100.100.100.200/32"), RuleMetadata}, // Alibaba
	{netip.MustParsePrefix("192.0.0.192/32"), RuleMetadata},     // Oracle
	{wireServer, RuleMetadata},
	{netip.MustParsePrefix("127.0.0.0/8"), RuleLoopback},
	{netip.MustParsePrefix("::1/128"), RuleLoopback},
	{netip.MustParsePrefix("0.0.0.0/8"), RuleUnspecified},
	{netip.MustParsePrefix("::/128"), RuleUnspecified},
	{netip.MustParsePrefix("10.0.0.0/8"), RulePrivate},
	{netip.MustParsePrefix("172.16.0.0/12"), RulePrivate},
	{netip.MustParsePrefix("192.168.0.0/16"), RulePrivate},
	{netip.MustParsePrefix("fc00::/7"), RulePrivate},
	{netip.MustParsePrefix("fec0::/10"), RulePrivate}, // site-local, deprecated
	{netip.MustParsePrefix("169.254.0.0/16"), RuleLinkLocal},
	{netip.MustParsePrefix("fe80::/10"), RuleLinkLocal},
	{netip.MustParsePrefix("100.64.0.0/10"), RuleShared},
	{netip.MustParsePrefix("224.0.0.0/4"), RuleMulticast},
	{netip.MustParsePrefix("ff00::/8"), RuleMulticast},
	{netip.MustParsePrefix("::ffff:0:0/96"), RuleMapped},
	{netip.MustParsePrefix("64:ff9b::/96"), RuleEmbedded},   // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), RuleEmbedded}, // NAT64, local
	{netip.MustParsePrefix("2002::/16"), RuleEmbedded},      // 6to4
	{netip.MustParsePrefix("2001::/32"), RuleEmbedded},      // Teredo
	{netip.MustParsePrefix("::/96"), RuleEmbedded},          // IPv4-compatible, deprecated
}

// RefusedError says that the guard refused an address: which, by what rule, and for the sake of which host.
type RefusedError struct {
	Rule    Rule
	Address netip.Addr
	Host    string // as the URL writes it; equals the address when the URL names the address itself
}

// Error names the rule, the address and the setting that would allow it.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s (%s) is refused by the rule for %s addresses; %s can allow it", e.Host, e.Address, e.Rule, AllowSetting)
}

// guard decides which addresses a call may connect to.
type guard struct {
	allow  Allow
	public *ssrf.Guardian
}

func newGuard(allow Allow) *guard {
	return &guard{allow: allow, public: ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(wireServer))}
}

// check returns nil when the address is public or the operator allows it or the host that led to it.
func (g *guard) check(host string, to netip.AddrPort) *RefusedError {
	addr := to.Addr().WithZone("") // no prefix contains an address with a zone
	if g.allow.permits(hostName(host), netip.AddrPortFrom(addr, to.Port())) {
		return nil
	}
	if g.public.SafeAddr(addr) == nil {
		return nil
	}
	return &RefusedError{Rule: ruleOf(addr), Address: addr, Host: host}
}

// checkLiteral checks a host that is an address, before anything is dialled: the dialler turns a mapped address into
// its IPv4 one, and on a machine without IPv6 an embedded one never gets as far as the connect. Names pass.
func (g *guard) checkLiteral(host string, port uint16) *RefusedError {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	return g.check(host, netip.AddrPortFrom(addr, port))
}

// ruleOf names the rule by which an address is not public.
func ruleOf(addr netip.Addr) Rule {
	for _, r := range rules {
		if r.prefix.Contains(addr) {
			return r.rule
		}
	}
	return RuleReserved
}

// errNoneAnswered says that of a host with several addresses those that are permitted did not answer.
var errNoneAnswered = errors.New("no permitted address of the host answered")

// checkpoint checks the addresses of one dial. A host may have several; the dialler tries the next one after a refusal.
type checkpoint struct {
	guard     *guard
	host      string
	permitted atomic.Bool // an address passed; IPv4 and IPv6 are dialled side by side
}

// control is the dialler's ControlContext hook: it runs between the socket and the connect, with the resolved address.
func (p *checkpoint) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address to dial: %w", err)
	}
	if refused := p.guard.check(p.host, to); refused != nil {
		return refused
	}
	p.permitted.Store(true)
	return nil
}

// verdict corrects the error of a dial: the dialler reports the first address's, so the refusal of one address could
// hide that a permitted one was only down, which is worth a retry.
func (p *checkpoint) verdict(err error) error {
	if _, refused := errors.AsType[*RefusedError](err); refused && p.permitted.Load() {
		return errNoneAnswered
	}
	return err
}
