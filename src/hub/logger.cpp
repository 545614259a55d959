// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/logger.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include "base/assert.hpp"
#include "base/control.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::critical:
      return spdlog::level::critical;
  }
  SYNAPSE_ASSERT(false && "a log level without a number");
}

void write_line(spdlog::logger& logger, LogFormat format, LogLevel level, std::string line) {
  if (format == LogFormat::json) {
    wire::JsonWriter json;
    json.value(line);
    line = json.take();
  }
  logger.log(spdlog_level(level), "{}", line);
}

HubOptions::LogLevel public_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
    case LogLevel::info:
      return HubOptions::LogLevel::info;
    case LogLevel::warning:
      return HubOptions::LogLevel::warning;
    case LogLevel::error:
    case LogLevel::critical:
      return HubOptions::LogLevel::error;
  }
  SYNAPSE_ASSERT(false && "a log level without a public one");
}

}  // namespace

Logger::Logger(LogFormat format, LogLevel level) {
  auto logger =
      std::make_shared<spdlog::logger>("hub", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog_level(level));
  if (format == LogFormat::json) {
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%v})");
  } else {
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  }
  logger->flush_on(spdlog::level::debug);
  sink_ = [format, logger = std::move(logger)](LogLevel at, std::string line) {
    write_line(*logger, format, at, std::move(line));
  };
}

Logger::Logger(HubOptions::Log log) {
  if (!log) return;
  sink_ = [log = std::move(log)](LogLevel level, const std::string& line) {
    log(public_level(level), line);
  };
}

void Logger::info(std::string_view message) const { write(LogLevel::info, message); }
void Logger::warning(std::string_view message) const { write(LogLevel::warning, message); }
void Logger::error(std::string_view message) const { write(LogLevel::error, message); }

void Logger::write(LogLevel level, std::string_view message) const {
  if (sink_) sink_(level, base::escape_control(message, base::LineBreaks::escape));
}

}  // namespace synapse::hub
