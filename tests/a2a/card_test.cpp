// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/card.hpp"

#include "support/catch.hpp"

using namespace synapse::a2a;

TEST_CASE("each agent's card is a skill", "[a2a][card]") {
  CardOptions options;
  options.endpoint_url = "https://e.example/a2a";
  const Json manifest = {{{"agent", "Shop/Ann  B"},
                          {"description", " writes "},
                          {"task_classes", {"code", "code", " "}},
                          {"skills", {"py", "code", 5}}},
                         "no card",
                         {{"agent", "shop-ann.b"}}};
  const Json card = agent_card(manifest, options);
  REQUIRE(card["skills"].size() == 2);
  CHECK(card["skills"][0]["id"] == "synapse-shop-ann-b");
  CHECK(card["skills"][0]["name"] == "Shop/Ann  B");
  CHECK(card["skills"][0]["description"] == "writes");
  CHECK(card["skills"][0]["tags"] == Json{"code", "py", "synapse"});
  CHECK(card["skills"][1]["id"] == "synapse-shop-ann-b-2");
  CHECK_FALSE(card["skills"][1]["description"].get<std::string>().empty());
  CHECK(card["supportedInterfaces"] == Json{{{"url", "https://e.example/a2a"},
                                             {"protocolBinding", "HTTP+JSON"},
                                             {"protocolVersion", "1.0"}}});
  CHECK(card["capabilities"]["streaming"] == false);
  CHECK(card["documentationUrl"] == "");
  options.documentation_url = "https://e.example/docs";
  CHECK(agent_card(manifest, options)["documentationUrl"] == "https://e.example/docs");
}

TEST_CASE("a card of nobody has a skill all the same", "[a2a][card]") {
  for (const Json& manifest : {Json::array(), Json(), Json("x")}) {
    const Json card = agent_card(manifest, {});
    REQUIRE(card["skills"].size() == 1);
    CHECK(card["skills"][0]["id"] == "synapse-coordination");
  }
}

TEST_CASE("a bridge that runs promises what it does", "[a2a][card]") {
  CardOptions options;
  options.is_served = true;
  Json card = agent_card({}, options);
  CHECK(card["capabilities"] ==
        Json{{"streaming", true}, {"pushNotifications", true}, {"extendedAgentCard", false}});
  CHECK(card["supportedInterfaces"][0]["protocolBinding"] == "HTTP+JSON");
  CHECK(card["supportedInterfaces"][1]["protocolBinding"] == "JSONRPC");
  CHECK_FALSE(card.contains("securitySchemes"));
  options.auth = CardOptions::Auth::bearer;
  card = agent_card({}, options);
  CHECK(card["capabilities"]["extendedAgentCard"] == true);
  CHECK(card["securitySchemes"]["synapseBearer"]["httpAuthSecurityScheme"]["scheme"] == "Bearer");
  CHECK(card["securityRequirements"][0]["schemes"].contains("synapseBearer"));
}
