//! Core modules, as far as it matters what their functions may call.

use anyhow::{Context, Result};
use std::collections::{BTreeSet, HashMap};
use wasmparser::{
    CompositeInnerType, ConstExpr, CustomSectionReader, Element, ElementItems, ElementKind, ExternalKind,
    FuncType, FunctionBody, HeapType, KnownCustom, Name, NameMap, Operator, Payload, RecGroup, TableInit,
    TypeRef, ValType,
};

/// A type of functions, the same number in every module. All whose equality depends on other types are
/// [`OTHER`]: no other type equals or extends one of them.
pub type Type = u32;
pub const OTHER: Type = 0;

/// The types of all modules.
#[derive(Default)]
pub struct Types {
    known: HashMap<FuncType, Type>,
}

impl Types {
    fn of(&mut self, group: &RecGroup) -> Vec<Type> {
        // A group of one is that type, explicit or not (core specification, "Recursive Types").
        let is_alone = group.types().len() == 1;
        let number = |ty: &wasmparser::SubType| match &ty.composite_type.inner {
            CompositeInnerType::Func(function)
                if is_alone
                    && ty.is_final
                    && ty.supertype_idxs.is_empty()
                    && !ty.composite_type.shared
                    && ty.composite_type.descriptor_idx.is_none()
                    && ty.composite_type.describes_idx.is_none()
                    && function.params().iter().chain(function.results()).all(stands_alone) =>
            {
                let next = self.known.len() as Type + 1;
                *self.known.entry(function.clone()).or_insert(next)
            }
            _ => OTHER,
        };
        group.types().map(number).collect()
    }
}

fn stands_alone(value: &ValType) -> bool {
    match value {
        ValType::Ref(reference) => matches!(reference.heap_type(), HeapType::Abstract { .. }),
        _ => true,
    }
}

/// What an instruction other than a direct call may call.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// What stands in a table and is of a type.
    Table { table: u32, ty: Type },
    /// What stands in one slot of a table.
    Slot { table: u32, slot: u64, ty: Type },
    /// What a reference of a type refers to.
    Reference { ty: Type },
    /// What any reference refers to.
    Any,
}

/// In [`Module::calls`]: the rest of the number is an index into [`Module::sites`], not of a function.
const SITE: u32 = 1 << 31;

#[derive(Clone, Copy)]
pub enum Call {
    Function(u32),
    Site(u32),
}

pub enum Imported {
    Function,
    Table,
    Other,
}

pub struct Segment {
    /// Table and offset; none for what is only put into tables by instructions, or never.
    pub active: Option<(u32, Offset)>,
    pub functions: Vec<u32>,
    /// It holds references that cannot be told from the module.
    pub is_unknown: bool,
}

#[derive(Clone, Copy)]
pub enum Offset {
    At(u64),
    Unknown,
}

#[derive(Default)]
pub struct Module<'a> {
    pub name: &'a str,
    pub imports: Vec<(&'a str, &'a str, Imported)>,
    pub exports: HashMap<&'a str, (ExternalKind, u32)>,
    /// Type of every function, the imported ones first.
    pub functions: Vec<Type>,
    pub imported_functions: u32,
    /// Imported ones first.
    pub tables: u32,
    pub imported_tables: u32,
    pub segments: Vec<Segment>,
    pub start: Option<u32>,
    pub sites: Vec<Site>,
    /// Tables into which an instruction puts references that are not followed.
    pub open_tables: BTreeSet<u32>,
    /// Tables whose slots an instruction moves or fills from a segment: slots are not told apart.
    pub moved_tables: BTreeSet<u32>,
    /// Segments that an instruction puts into a table.
    pub put: BTreeSet<(u32, u32)>,
    /// Functions that a reference may refer to, beside those in segments.
    pub referred: BTreeSet<u32>,
    calls: Vec<u32>,
    /// Where the calls of each defined function end.
    ends: Vec<u32>,
    types: Vec<Type>,
    known_sites: HashMap<Site, u32>,
    names: Option<NameMap<'a>>,
}

impl<'a> Module<'a> {
    /// Take in one section.
    pub fn read(&mut self, payload: Payload<'a>, types: &mut Types) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(types.of(&group?));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let kind = match import.ty {
                        TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                            let ty = self.ty(index)?;
                            self.functions.push(ty);
                            self.imported_functions += 1;
                            Imported::Function
                        }
                        TypeRef::Table(_) => {
                            self.tables += 1;
                            self.imported_tables += 1;
                            Imported::Table
                        }
                        _ => Imported::Other,
                    };
                    self.imports.push((import.module, import.name, kind));
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    let ty = self.ty(index?)?;
                    self.functions.push(ty);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    if let TableInit::Expr(expression) = table?.init {
                        // In every slot: told as any reference.
                        self.expression(&expression)?;
                        self.open_tables.insert(self.tables);
                    }
                    self.tables += 1;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.expression(&global?.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports.insert(export.name, (export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    let segment = segment(element?)?;
                    self.segments.push(segment);
                }
            }
            Payload::CodeSectionEntry(body) => self.code(&body)?,
            Payload::CustomSection(section) => self.naming(&section),
            _ => {}
        }
        Ok(())
    }

    /// What a defined function calls, by its number among the defined ones.
    pub fn calls(&self, defined: u32) -> &[u32] {
        let defined = defined as usize;
        let begin = match defined.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        let end = self.ends.get(defined).copied().unwrap_or(begin);
        self.calls.get(begin as usize..end as usize).unwrap_or_default()
    }

    pub fn call(code: u32) -> Call {
        match code & SITE {
            0 => Call::Function(code),
            _ => Call::Site(code & !SITE),
        }
    }

    /// Names of functions, by their indices.
    pub fn names(&self) -> HashMap<u32, &'a str> {
        let mut names: HashMap<u32, &'a str> = self
            .exports
            .iter()
            .filter(|(_, (kind, _))| matches!(kind, ExternalKind::Func | ExternalKind::FuncExact))
            // One function may be exported under several names: the first in order of the alphabet.
            .fold(HashMap::new(), |mut found, (name, (_, index))| {
                let known = found.entry(*index).or_insert(*name);
                *known = (*known).min(name);
                found
            });
        for naming in self.names.clone().into_iter().flatten().map_while(Result::ok) {
            names.insert(naming.index, naming.name);
        }
        names
    }

    fn ty(&self, index: u32) -> Result<Type> {
        self.types.get(index as usize).copied().context("a type that is not defined")
    }

    fn naming(&mut self, section: &CustomSectionReader<'a>) {
        let KnownCustom::Name(names) = section.as_known() else {
            return;
        };
        for name in names.into_iter().map_while(Result::ok) {
            match name {
                Name::Module { name, .. } => self.name = name,
                Name::Function(names) => self.names = Some(names),
                _ => {}
            }
        }
    }

    fn expression(&mut self, expression: &ConstExpr) -> Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.referred.insert(function_index);
            }
        }
        Ok(())
    }

    fn code(&mut self, body: &FunctionBody) -> Result<()> {
        let begin = self.calls.len();
        let mut constant = None;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let before = constant.take();
            match reader.read()? {
                Operator::I32Const { value } => constant = Some(u64::from(value as u32)),
                Operator::I64Const { value } => constant = Some(value as u64),
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    self.calls.push(function_index & !SITE);
                }
                Operator::CallIndirect { type_index, table_index: table }
                | Operator::ReturnCallIndirect { type_index, table_index: table } => {
                    let ty = self.ty(type_index)?;
                    self.site(match before {
                        // What stands just before is what the call takes as its index.
                        Some(slot) => Site::Slot { table, slot, ty },
                        None => Site::Table { table, ty },
                    });
                }
                Operator::CallRef { type_index } | Operator::ReturnCallRef { type_index } => {
                    let ty = self.ty(type_index)?;
                    self.site(Site::Reference { ty });
                }
                // A continuation runs the function that it is made of whenever it is resumed, by whomever.
                Operator::ContNew { .. }
                | Operator::Resume { .. }
                | Operator::ResumeThrow { .. }
                | Operator::ResumeThrowRef { .. }
                | Operator::Switch { .. } => self.site(Site::Any),
                Operator::RefFunc { function_index } => {
                    self.referred.insert(function_index);
                }
                Operator::TableSet { table }
                | Operator::TableFill { table }
                | Operator::TableGrow { table } => {
                    self.open_tables.insert(table);
                }
                Operator::TableAtomicSet { table_index, .. }
                | Operator::TableAtomicRmwXchg { table_index, .. }
                | Operator::TableAtomicRmwCmpxchg { table_index, .. } => {
                    self.open_tables.insert(table_index);
                }
                Operator::TableCopy { dst_table, src_table } if dst_table == src_table => {
                    self.moved_tables.insert(dst_table);
                }
                Operator::TableCopy { dst_table, .. } => {
                    self.open_tables.insert(dst_table);
                }
                Operator::TableInit { elem_index, table } => {
                    self.put.insert((elem_index, table));
                }
                _ => {}
            }
        }
        let calls = &mut self.calls[begin..];
        calls.sort_unstable();
        let mut kept = begin;
        for place in begin..self.calls.len() {
            if place == begin || self.calls[place] != self.calls[kept - 1] {
                self.calls[kept] = self.calls[place];
                kept += 1;
            }
        }
        self.calls.truncate(kept);
        self.ends.push(self.calls.len() as u32);
        Ok(())
    }

    fn site(&mut self, site: Site) {
        let next = self.sites.len() as u32;
        let number = *self.known_sites.entry(site).or_insert(next);
        if number == next {
            self.sites.push(site);
        }
        self.calls.push(number | SITE);
    }
}

fn segment(element: Element) -> Result<Segment> {
    let active = match element.kind {
        ElementKind::Active { table_index, offset_expr } => {
            Some((table_index.unwrap_or_default(), offset(&offset_expr)?))
        }
        _ => None,
    };
    let mut found = Segment { active, functions: Vec::new(), is_unknown: false };
    match element.items {
        ElementItems::Functions(functions) => {
            for function in functions {
                found.functions.push(function?);
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions {
                found.item(&expression?)?;
            }
        }
    }
    Ok(found)
}

impl Segment {
    /// A slot that holds no function is taken by one that does not exist, so that slots stay in order.
    fn item(&mut self, expression: &ConstExpr) -> Result<()> {
        let mut item = u32::MAX;
        for operator in expression.get_operators_reader() {
            match operator? {
                Operator::RefFunc { function_index } => item = function_index,
                Operator::RefNull { .. } | Operator::End => {}
                _ => self.is_unknown = true,
            }
        }
        self.functions.push(item);
        Ok(())
    }
}

fn offset(expression: &ConstExpr) -> Result<Offset> {
    let mut operators = expression.get_operators_reader();
    let first = operators.read()?;
    let is_alone = matches!(operators.read()?, Operator::End);
    Ok(match first {
        Operator::I32Const { value } if is_alone => Offset::At(u64::from(value as u32)),
        Operator::I64Const { value } if is_alone => Offset::At(value as u64),
        _ => Offset::Unknown,
    })
}
