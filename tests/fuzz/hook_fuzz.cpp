// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as what a host writes to its hook, as what its guard asks and is answered, and as the
// settings that our hooks are put into: each is an error, or something that holds together.
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "guard/answer.hpp"
#include "guard/payload.hpp"
#include "guard/words.hpp"
#include "services/host_hooks.hpp"

using namespace synapse;

namespace {

void check_payload(const guard::HostTraits& host, std::string_view bytes) {
  const auto call = guard::read_payload(host.host, bytes);
  for (const auto kind :
       {guard::Answer::Kind::silence, guard::Answer::Kind::deny, guard::Answer::Kind::context}) {
    const guard::Output output =
        guard::render(host, call ? &*call : nullptr, guard::Answer{kind, "why"});
    SYNAPSE_ASSERT(output.out.empty() || nlohmann::json::accept(output.out));
    SYNAPSE_ASSERT(output.exit_code == 0 || !output.err.empty());
  }
}

void check_wire(std::string_view bytes) {
  if (const auto request = wire::decode_hook_request(bytes)) {
    SYNAPSE_ASSERT(wire::decode_hook_request(wire::encode_hook_request(*request)));
  }
  const auto answer = wire::decode_hook_answer(bytes);
  if (!answer) return;
  SYNAPSE_ASSERT(wire::decode_hook_answer(wire::encode_hook_answer(*answer)));
  const guard::Reader reader{1000, [](double) { return "14:20"; }};
  if (answer->holder) {
    SYNAPSE_ASSERT(guard::denial_text(*answer, reader).size() <= guard::denial_bytes_max);
  }
  SYNAPSE_ASSERT(guard::notices_text(*answer, reader).text.size() <= guard::notices_bytes_max);
  if (answer->brief) {
    SYNAPSE_ASSERT(guard::brief_text(*answer, reader).text.size() <= guard::brief_bytes_max);
  }
}

void check_settings(std::string_view bytes) {
  const services::HookFile file{guard::Host::claude, services::HookFileKind::groups, "f"};
  const auto with = services::with_hooks(file, bytes, "/bin/syn", services::OnFailure::pass);
  if (!with) return;
  SYNAPSE_ASSERT(services::has_hooks(file, *with));
  const auto without = services::without_hooks(file, *with);
  SYNAPSE_ASSERT(without && !services::has_hooks(file, *without));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const guard::HostTraits& host : guard::all_hosts()) check_payload(host, bytes);
  check_wire(bytes);
  check_settings(bytes);
  return 0;
}
