// SPDX-License-Identifier: AGPL-3.0-or-later
// SQLite files made by hand: logs with rows that no program writes, and databases that are no log.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace synapse::test {

// Runs SQL on a file with plain SQLite. Throws std::runtime_error when that fails.
void run_sql(const std::filesystem::path& file, const std::string& sql);
// The first column of the first row, as text.
[[nodiscard]] std::string ask_sql(const std::filesystem::path& file, const std::string& sql);

// The log's table, as the original makes it.
[[nodiscard]] std::string log_table_sql();
// INSERT statements, each a row that can't be decoded or has a kind that nobody knows.
[[nodiscard]] std::vector<std::string> undecodable_rows();
[[nodiscard]] std::vector<std::string> unknown_rows();

}  // namespace synapse::test
